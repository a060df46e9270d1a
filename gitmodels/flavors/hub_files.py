"""Folders as Hugging Face's libraries write them: whether reading one can run code, judged without those libraries.

Words, numbers and tensors are harmless; a key that names code, a repository or a backend to load is not. Nothing is
imported or fetched here.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Anything else in such a folder may be a pickle, a template or code.
_SUFFIXES = frozenset({".json", ".txt", ".md", ".safetensors", ".model"})
# Keys with which a configuration has code imported, fetched or compiled.
_KEYS = frozenset(
    {
        *("auto_map", "trust_remote_code", "custom_pipelines", "quantization_config", "base_model_name_or_path"),
        *("adapter_kwargs", "attn_implementation", "_attn_implementation", "_attn_implementation_internal"),
        *("experts_implementation", "_experts_implementation", "_experts_implementation_internal"),
        *("use_kernels", "kernel_config", "chat_template"),
    }
)
MAX_TEXT = 256 << 20


def is_plain(folder: Path) -> bool:
    """Whether the folder holds nothing but words, numbers and tensors, and its configuration asks for nothing more."""
    try:
        files = [each for each in folder.rglob("*") if not each.is_dir()]
        if not files or not all(each.suffix in _SUFFIXES for each in files):
            return False
        texts = [each for each in files if each.suffix == ".json"]
        if any(each.stat().st_size > MAX_TEXT for each in texts):
            return False
        return not any(_KEYS & set(_asked(json.loads(each.read_text(encoding="utf-8")))) for each in texts)
    except (OSError, ValueError, RecursionError):
        return False


def _asked(value: Any) -> Iterator[str]:
    """The keys anywhere in ``value`` that hold something."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield from (key for key, item in current.items() if item not in (None, False))
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)
