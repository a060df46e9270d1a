"""Changes to versions asked again: registered, copied, described, tagged, staged, evaluated, deleted.

A version that is registered again keeps its content, its time and its operation; only its number may be another.
"""

from typing import Any

from gitmodels.errors import InvalidRecord
from gitmodels.patterns import pattern
from gitmodels.registry import evaluations, layout
from gitmodels.registry.changes import evaluations as evaluating
from gitmodels.registry.changes import models, versions
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.operations import models as of_models
from gitmodels.registry.operations.asked import Asked
from gitmodels.registry.records import DELETED, VersionRecord
from gitmodels.registry.state import Version
from gitmodels.values import replace

_SOURCE = pattern(r"models:/(?P<name>.+)/(?P<number>[1-9][0-9]{0,14})")
_VERSION = pattern(r"(?P<name>.+)/(?P<number>[1-9][0-9]{0,14})")


def register(asked: Asked) -> Change[Any]:
    """The same folder under the next number."""
    args, own = asked.operation.args, asked.own
    name = args.text("name")
    model = _destination(asked, name)
    number = given(asked, name)
    record = _record(asked, name, number)
    readable = {file: data for file in layout.READABLE if (data := own.readable(name, number, file)) is not None}
    new = NewVersion(
        replace(record, source=_source(asked, record.source)),
        own.manifest(name, number),
        readable,
        tags=args.texts("tags"),
        description=args.optional("description"),
    )
    return versions.register(asked.now, model, new, _at(record))


def copy(asked: Asked) -> Change[Any]:
    """The version that was copied may have another number now."""
    args = asked.operation.args
    source, name = _VERSION.fullmatch(args.text("source")), args.text("name")
    if source is None:
        raise args.wrong("source", "a version")
    number = asked.number(source["name"], int(source["number"]))
    model = _destination(asked, name)
    at = _at(_record(asked, name, given(asked, name)))
    return versions.copy(asked.now, asked.now.version(asked.model(source["name"]), number), model, at)


def describe(asked: Asked) -> Change[Any]:
    """Another description of a version, or of a model."""
    name, number = asked.operation.args.text("name"), asked.operation.args.optional_count("version")
    if number is None:
        return of_models.describe(asked, asked.model(name))
    at, text = asked.at(asked.own.meta(name, number).updated), asked.operation.args.optional("description")
    return versions.update(asked.now, asked.model(name), asked.number(name, number), at, text)


def tag(asked: Asked) -> Change[Any]:
    """Tags of a version, or of a model: who comes later has the last word on a key."""
    args = asked.operation.args
    name, number, several = args.text("name"), args.optional_count("version"), args.mapping("tags")
    values = several or {args.text("key"): args.optional("value")}
    if not all(value is None or isinstance(value, str) for value in values.values()):
        raise args.wrong("tags", "a mapping of strings to strings")
    if number is None:
        return models.retag(asked.now, asked.model(name), values)
    return versions.retag(asked.now, asked.model(name), asked.number(name, number), values)


def stage(asked: Asked) -> Change[Any]:
    """A stage, unless the other side moved the same version elsewhere or put another one there."""
    args = asked.operation.args
    name, old, to = args.text("name"), args.count("version"), args.text("stage")
    model, number, archive = asked.model(name), asked.number(name, old), args.flag("archive_existing_versions")
    about = f"{name}/{old}"
    known, there = asked.before.meta(name, old).stage, asked.now.meta(model, number).stage
    if there not in (known, to) and not asked.is_mine(about):
        raise asked.disagree(
            about, f"{name} v{old} was moved to {there}{asked.course.tell(layout.meta_file(model, number))}"
        )
    if archive:
        expected = {asked.course.numbers.get((name, one), one) for one in _staged(asked.before.versions(name), to)}
        others = sorted(set(_staged(asked.now.versions(model), to)) - expected - {number})
        if others and not asked.is_mine(about):
            told = asked.course.tell(layout.meta_file(model, others[0]))
            raise asked.disagree(about, f"{name} v{others[0]} was moved to {to}{told}, and would be archived")
    at = asked.at(asked.own.meta(name, old).updated)
    return versions.stage(asked.now, model, number, to, at, archive=archive)


def evaluate(asked: Asked) -> Change[Any]:
    """What was measured of a content stays with it, whatever its number is."""
    name, old = asked.operation.args.text("name"), asked.operation.args.count("version")
    record = evaluations.read(asked.own, layout.evaluation_file(name, old, asked.operation.at.op))
    at = At(asked.operation.at.op, record.created, record.author, record.email, again=True)
    return evaluating.add(asked.now, asked.model(name), asked.number(name, old), record, at)


def delete(asked: Asked) -> Change[Any]:
    """A version, unless the other side pointed an alias at it; or a model."""
    args = asked.operation.args
    name, old = args.text("name"), args.optional_count("version")
    if old is None:
        return of_models.delete(asked, name)
    model, about = asked.model(name), f"{name}/{old}"
    if asked.now.meta(model, asked.course.numbers.get((name, old), old)).status == DELETED:
        return Change(None)
    number = asked.number(name, old)
    known = {alias for alias, target in asked.before.aliases(name).items() if target == old}
    others = sorted(alias for alias, to in asked.now.aliases(model).items() if to == number and alias not in known)
    if others and not asked.is_mine(about):
        told = asked.course.tell(layout.alias_file(model, others[0]))
        raise asked.disagree(about, f"{name}@{others[0]} was set to v{number}{told}")
    at = asked.at(asked.own.meta(name, old).updated)
    return versions.delete(asked.now, model, number, at, args.optional("reason"))


def given(asked: Asked, name: str) -> int:
    """The number that the operation gave where it was done. Raises InvalidRecord for a commit that gave none."""
    known = set(asked.before.all_numbers(name))
    for number in asked.own.all_numbers(name):
        if number not in known and _record(asked, name, number).op == asked.operation.at.op:
            return number
    raise InvalidRecord(f"the commit {asked.operation.commit[:10]} registers no version", hint="git models doctor")


def _destination(asked: Asked, name: str) -> str:
    """The model that a version is registered under; one that was made for it is made again."""
    now = asked.course.names.get(name, name)
    is_made_here = asked.before.find_model(name) is None
    if is_made_here or asked.now.find_model(now) is not None or (asked.is_deleted(name) and asked.is_mine(name)):
        return now
    return asked.model(name)


def _record(asked: Asked, name: str, number: int) -> VersionRecord:
    record = asked.own.version_record(name, number)
    if record is None:
        raise InvalidRecord(f"{name} v{number} has no version.yaml", hint="git models doctor")
    return record


def _at(record: VersionRecord) -> At:
    return At(record.op, record.created, record.author, record.email, again=True)


def _source(asked: Asked, source: str | None) -> str | None:
    """Where it came from: a version that got another number is named by that."""
    match = _SOURCE.fullmatch(source or "")
    number = asked.course.numbers.get((match["name"], int(match["number"]))) if match else None
    if match is None or number is None:
        return source
    return f"models:/{asked.course.names.get(match['name'], match['name'])}/{number}"


def _staged(found: list[Version], stage: str) -> list[int]:
    return [version.number for version in found if version.meta.stage == stage]
