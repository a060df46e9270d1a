"""A ``.keras`` file: written in one spelling for equal models, and judged by what its configuration names.

A zip of ``config.json``, ``metadata.json`` and weights. Keras is not imported here, and nothing of the file is built.
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONFIG, METADATA = "config.json", "metadata.json"
MAX_CONFIG = 64 << 20
_DATE = (1980, 1, 1, 0, 0, 0)
# Layers that compute with their own weights alone: no file, no function, no other framework is named in them.
_LAYERS = """
InputLayer Dense Activation Dropout Flatten Reshape Permute RepeatVector Embedding Rescaling Masking
Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose DepthwiseConv2D SeparableConv1D SeparableConv2D
MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D
GlobalMaxPooling1D GlobalMaxPooling2D GlobalAveragePooling1D GlobalAveragePooling2D
BatchNormalization LayerNormalization GroupNormalization UnitNormalization
LSTM GRU SimpleRNN LSTMCell GRUCell SimpleRNNCell Bidirectional TimeDistributed
MultiHeadAttention Attention AdditiveAttention
Add Subtract Multiply Average Maximum Minimum Concatenate Dot
ReLU LeakyReLU PReLU ELU Softmax ZeroPadding1D ZeroPadding2D Cropping1D Cropping2D UpSampling1D UpSampling2D
GaussianNoise GaussianDropout SpatialDropout1D SpatialDropout2D
"""
_KNOWN = {
    "keras.layers": frozenset(_LAYERS.split()),
    "keras": frozenset({"DTypePolicy", "Functional", "Sequential", "KerasTensor"}),
    "keras.models": frozenset({"Functional", "Sequential"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.dtype_policies": frozenset({"DTypePolicy"}),
}
# Whole modules of numbers: initializers, penalties, optimizers, losses and metrics take no code.
_PLAIN: tuple[str, ...] = (
    "keras.initializers",
    "keras.regularizers",
    "keras.constraints",
    "keras.optimizers",
    "keras.losses",
)
_PLAIN += ("keras.metrics",)
_MADE = frozenset({"__tensor__", "__numpy__", "__tuple__", "__ellipsis__", "__slice__", "__keras_tensor__"})


def execution_of(path: Path) -> str:
    """``none`` for a file that names only what is listed here, ``python-code`` for any other and for a broken one."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(CONFIG).file_size > MAX_CONFIG:
                return "python-code"
            config = json.loads(archive.read(CONFIG))
            weights = [name for name in archive.namelist() if name not in (CONFIG, METADATA)]
        harmless = all(name == "model.weights.h5" for name in weights) and all(map(_is_known, _named(config)))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, RecursionError, NotImplementedError):
        return "python-code"
    return "none" if harmless else "python-code"


def make_canonical(path: Path) -> None:
    """Write the file again without its date, the addresses in it, and the times of its members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in sorted(archive.namelist())}
    metadata = json.loads(members[METADATA])
    members[METADATA] = json.dumps({**metadata, "date_saved": "1980-01-01@00:00:00"}, sort_keys=True).encode()
    members[CONFIG] = json.dumps(_renumbered(json.loads(members[CONFIG]), {})).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), data)


def _renumbered(value: Any, numbers: dict[Any, int]) -> Any:
    """``value`` with shared objects numbered as they are met, where Keras writes their addresses."""
    if isinstance(value, list):
        return [_renumbered(item, numbers) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: numbers.setdefault(item, len(numbers) + 1) if key == "shared_object_id" else _renumbered(item, numbers)
        for key, item in value.items()
    }


def _named(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in the configuration that names a class or a function."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            if "class_name" in current or "module" in current or "registered_name" in current:
                yield current
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _is_known(node: dict[str, Any]) -> bool:
    name, module, registered = node.get("class_name"), node.get("module"), node.get("registered_name")
    if not isinstance(name, str) or not isinstance(module, str | None):
        return False
    if module is None:
        return name in _MADE
    if registered not in (None, name) or not name.isidentifier():
        return False
    return name in _KNOWN.get(module, frozenset()) or (module in _PLAIN and name[:1].isupper())
