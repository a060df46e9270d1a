"""How the plain facts of two models differ: identity, runtime, size, flavors, what loading runs, tags, card, origin.

This room compares values; of what they mean it knows what MLflow's callers rely on.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gitmodels import yaml
from gitmodels.errors import GitModelsError, InvalidYaml
from gitmodels.review.sides import Side
from gitmodels.review.spelling import size as spelled
from gitmodels.review.verdicts import Finding, Verdict

_PYFUNC = "python_function"
_EXECUTION = ("none", "pickle", "python-code", "remote-code")
_MUCH, _HUGE = 2, 10
SAME = "the same files, byte for byte"


def identity(old: Side, new: Side) -> Iterator[Finding]:
    """Whether the two are the same files, and under which names."""
    if old.name != new.name and None not in (old.number, new.number):
        yield Finding("identity", Verdict.NOTE, "name", "another model", old.name, new.name)
    same = old.files == new.files
    text = SAME if same else _counted(old, new)
    ids = (old.model_id, new.model_id) if old.model_id and new.model_id else (None, None)
    yield Finding("identity", Verdict.OK, "content", text, *ids)


def _counted(old: Side, new: Side) -> str:
    common = old.files.keys() & new.files.keys()
    counts = {
        "changed": sum(old.files[path] != new.files[path] for path in common),
        "added": len(new.files.keys() - common),
        "removed": len(old.files.keys() - common),
    }
    return "files: " + ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def runtime(old: Side, new: Side) -> Iterator[Finding]:
    """The Python that a model was made with."""
    before, after = python_of(old), python_of(new)
    if before == after:
        return
    minor = [text and text.split(".")[:2] for text in (before, after)]
    if before is None or after is None:
        yield Finding("runtime", Verdict.NOTE, "python", "told on one side only", before, after)
    elif minor[0] != minor[1]:
        text = "another minor version: pickles and wheels may not fit"
        yield Finding("runtime", Verdict.WARN, "python", text, before, after)
    else:
        yield Finding("runtime", Verdict.OK, "python", "a patch", before, after)


def python_of(side: Side) -> str | None:
    """The version of Python that the model's files name, None where they name none."""
    model = side.mlmodel
    config = {} if model is None or isinstance(model, GitModelsError) else model.flavors.get(_PYFUNC, {})
    told = config.get("python_version")
    if told is None and "python_env.yaml" in side.readable:
        try:
            content = yaml.load(side.readable["python_env.yaml"], what="python_env.yaml")
        except InvalidYaml:
            return None
        told = content.get("python") if isinstance(content, dict) else None
    return None if told is None else str(told)[:40]


def size(old: Side, new: Side) -> Iterator[Finding]:
    """The bytes of all files, and how many of them are new."""
    before, after = old.size, new.size
    if before == after:
        return
    known = {digest for _, digest in old.files.values()}
    fresh = sum(count for count, digest in new.files.values() if digest not in known)
    share = f" ({(after - before) / before * 100:+.0f} %)" if before else ""
    sign = "+" if after > before else "-"
    text = f"{sign}{spelled(abs(after - before))}{share}; {spelled(fresh)} in files that are new"
    factor = after / before if before else _HUGE
    verdict = Verdict.WARN if factor >= _HUGE else Verdict.NOTE if factor >= _MUCH else Verdict.OK
    yield Finding("size", verdict, "size", text, before, after)


def flavors(old: Side, new: Side) -> Iterator[Finding]:
    """Which loaders a model gained or lost."""
    lost = sorted({*old.flavors} - {*new.flavors})
    gained = sorted({*new.flavors} - {*old.flavors})
    for name in lost:
        if name == _PYFUNC:
            text = "pyfunc.load_model loads it no longer"
            yield Finding("flavors", Verdict.BREAK, name, text, name, None)
        else:
            yield Finding("flavors", Verdict.WARN, name, "whoever loads it by this flavor has to change", name, None)
    for name in gained:
        yield Finding("flavors", Verdict.OK, name, "added", None, name)


def execution(old: Side, new: Side) -> Iterator[Finding]:
    """What loading runs: more than before is for a person to look at."""
    before, after = old.code_execution, new.code_execution
    if before == after:
        return
    known = before in _EXECUTION and after in _EXECUTION
    less = known and _EXECUTION.index(after) < _EXECUTION.index(before)
    text = "loading runs less than before" if less else "loading runs more than before"
    yield Finding("execution", Verdict.OK if less else Verdict.WARN, "code execution", text, before, after)


def tags(old: Side, new: Side) -> Iterator[Finding]:
    """Tags, the stage and the description."""
    yield from mapped("tags", "tag", old.tags, new.tags)
    if old.stage != new.stage:
        yield Finding("tags", Verdict.NOTE, "stage", "moved", old.stage, new.stage)
    if old.description != new.description:
        yield Finding("tags", Verdict.OK, "description", "rewritten", old.description, new.description)


def card(old: Side, new: Side) -> Iterator[Finding]:
    """The model card: what programs read of it, and whether its text is another."""
    before, after = old.readable.get("README.md"), new.readable.get("README.md")
    if before == after:
        return
    if after is None:
        yield Finding("card", Verdict.NOTE, "card", "there is none any more", "written", None)
        return
    if before is None:
        yield Finding("card", Verdict.OK, "card", "written", None, "written")
        return
    was, now = _front(before), _front(after)
    licenses = was.pop("license", None), now.pop("license", None)
    if licenses[0] != licenses[1]:
        old_one, new_one = map(_plain, licenses)
        yield Finding("card", Verdict.WARN, "license", "another license", old_one, new_one)
    yield from mapped("card", "card", was, now)
    if not (was != now or licenses[0] != licenses[1]):
        yield Finding("card", Verdict.OK, "card", "its text was rewritten", "written", "written")


def _front(data: bytes) -> dict[str, Any]:
    from gitmodels import cards

    try:
        return dict(cards.parse(data.decode("utf-8", "replace")).data)
    except InvalidYaml:
        return {}


def provenance(old: Side, new: Side) -> Iterator[Finding]:
    """Where the two come from: code, run, people, base models, and the parameters of the training."""
    before, after = old.code.get("commit"), new.code.get("commit")
    if before and after and before != after:
        text = f"git diff {str(before)[:10]} {str(after)[:10]}"
        yield Finding("provenance", Verdict.NOTE, "code commit", text, _short(before), _short(after))
    if new.code.get("dirty") and not old.code.get("dirty"):
        text = "made from changes that no commit has"
        yield Finding("provenance", Verdict.WARN, "code", text, "clean" if before else None, "dirty")
    for subject, was, now in (("author", old.author, new.author), ("run", old.run, new.run)):
        if was and now and was != now:
            yield Finding("provenance", Verdict.OK, subject, "another", was, now)
    if old.base != new.base:
        yield Finding("provenance", Verdict.NOTE, "base models", "others", list(old.base), list(new.base))
    yield from mapped("provenance", "param", old.params, new.params)


def mapped(section: str, noun: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    """One finding for every key that came, went or has another value."""
    for key in sorted({*old, *new}, key=str):
        was, now = old.get(key), new.get(key)
        if was != now or (key in old) != (key in new):
            text = "added" if key not in old else "removed" if key not in new else "changed"
            yield Finding(section, Verdict.OK, f"{noun} {key}", text, _plain(was), _plain(now))


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float) else yaml.dump(value).decode().strip()


def _short(commit: object) -> str | None:
    return str(commit)[:10] if commit else None
