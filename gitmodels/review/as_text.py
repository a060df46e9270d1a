"""A record as lines that ``git diff`` compares one by one: an alias file with what its version says, an MLmodel file.

This room makes text of one file's bytes and, for an alias, of the registry around it; it fails at nothing: what is no
record of ours stays as it is.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from gitmodels.errors import GitModelsError
from gitmodels.mlmodel.file import ModelFile
from gitmodels.registry.records import AliasRecord, Target
from gitmodels.registry.state import State
from gitmodels.registry.summary import signature_lines
from gitmodels.review.spelling import number, size
from gitmodels.review.verdicts import Verdict

_MAX_LINES = 5_000


def as_text(data: bytes, state: State | None = None) -> bytes:
    r"""``data`` as lines for a person; unchanged when it is neither an alias file nor an MLmodel file.

    >>> as_text(b"flavors:\n  sklearn:\n    sklearn_version: 1.8.0\n").decode()
    'flavor sklearn 1.8.0\n'
    """
    for lines in (_alias_lines, _mlmodel_lines):
        try:
            found = list(lines(data, state))[:_MAX_LINES]
        except GitModelsError:
            continue
        return "".join(f"{_one_line(line)}\n" for line in found).encode("utf-8", "backslashreplace")
    return data


def _alias_lines(data: bytes, state: State | None) -> Iterator[str]:
    record = AliasRecord.from_yaml(data, "the alias")
    yield f"{record.model}@{record.alias} -> {_shown(record.target)}"
    yield from (f"reason: {line}" for line in (record.reason or "").splitlines())
    summary = record.summary
    for side, word in (("inputs", "input"), ("outputs", "output"), ("params", "param")):
        yield from (f"{word} {line}" for line in _lists(summary.get("signature")).get(side, ()))
    yield from (f"metric {name} {number(value)}" for name, value in _mapping(summary.get("metrics")).items())
    yield from (f"flavor {name}" for name in summary.get("flavors") or ())
    if "size" in summary:
        yield f"size {size(summary['size'])}" if isinstance(summary["size"], int) else f"size {summary['size']}"
    if "code_execution" in summary:
        yield f"code execution {summary['code_execution']}"
    if state is not None:
        with contextlib.suppress(GitModelsError):  # a damaged version is told elsewhere
            yield from list(_of_registry(record, state))


def _of_registry(record: AliasRecord, state: State) -> Iterator[str]:
    """What the version itself says, and what comes with it in the place of the one before."""
    if record.target.version is None:
        return
    needs = state.readable(record.model, record.target.version, "requirements.txt") or b""
    for line in needs.decode("utf-8", "replace").splitlines():
        if line.strip() and not line.startswith("#"):
            yield f"needs {line.strip()}"
    before = record.previous.version
    if before is None or before == record.target.version:
        return
    from gitmodels.review.compare import compare_versions, ordered
    from gitmodels.review.report import change, counts

    sides = [(state, state.any_version(record.model, each)) for each in (before, record.target.version)]
    found = [each for each in ordered(compare_versions(sides[0], sides[1])) if each.verdict > Verdict.OK]
    told = ", ".join(f"{word} ({count})" for word, count in counts(found).items()) or "ok"
    yield f"compared with v{before}: {told}"
    for each in found:
        yield f"  {each.verdict.word} {each.section} {each.subject}: {change(each)} ({each.text})"


def _mlmodel_lines(data: bytes, state: State | None) -> Iterator[str]:
    model = ModelFile.read(data)
    for name, config in sorted(model.flavors.items()):
        told = config.get(f"{name}_version") or config.get("python_version")
        yield f"flavor {name}" + (f" {told}" if told else "")
        for key, value in sorted(config.items(), key=str):
            if value is not None and value != told and not isinstance(value, dict | list):
                yield f"  {name}.{key}: {value}"
    signature = signature_lines(model.signature_record)
    for side, word in (("inputs", "input"), ("outputs", "output"), ("params", "param")):
        yield from (f"{word} {line}" for line in signature.get(side, ()))
    for key, value in sorted((model.metadata or {}).items(), key=str):
        yield f"metadata {key}: {value}"
    known = {"input example": model.saved_input_example_info is not None, "size": model.model_size_bytes}
    yield from (f"{word}: {value}" for word, value in known.items() if value)


def _shown(target: Target) -> str:
    return "none" if target.version is None else f"v{target.version}  {str(target.manifest)[:16]}"


def _lists(value: object) -> dict[str, Any]:
    return {key: item for key, item in _mapping(value).items() if isinstance(item, list)}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _one_line(line: str) -> str:
    from gitmodels.review.markdown import visible

    return visible(line, 1_000)
