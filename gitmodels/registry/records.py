"""The records of the registry branch: registered model, version, its mutable half, alias. Values ↔ YAML.

This room knows what each file says; it knows no paths, no git and no history. One fact stands in one file, and the
line that tells it stands alone (``target: fraud@prod -> 8``), so that two people who say different things conflict.
"""

from typing import Any

from gitmodels import digest, yaml
from gitmodels.digest import Digest
from gitmodels.errors import Invalid, InvalidRecord, InvalidYaml
from gitmodels.fields import Fields, format_time, present
from gitmodels.patterns import pattern
from gitmodels.uris import STAGES
from gitmodels.values import field, frozen

ACTIVE, DELETED, MOVED = "active", "deleted", "moved"
READY = "ready"
_TARGET = pattern(r"(?P<model>.+)@(?P<alias>[A-Za-z0-9_-]+) -> (?P<version>none|[1-9][0-9]{0,14})")
# No value in so few bytes passes a limit on size or count.
_SURELY_READABLE = 64 << 10


@frozen
class ModelRecord:
    """``model.yaml``: a registered model. Versions below ``first`` belong to a deleted model of the same name."""

    name: str
    created: int
    updated: int
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    status: str = ACTIVE
    moved: str | None = None
    first: int = 1
    rest: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_yaml(cls, data: bytes, what: str) -> "ModelRecord":
        """The record in ``data``. Raises InvalidYaml or InvalidRecord."""
        get = Fields.parse(data, what)
        record = cls(
            name=get.text("name"),
            created=get.time("created"),
            updated=get.time("updated"),
            description=get.optional("description"),
            tags=get.texts("tags"),
            status=get.text("status", ACTIVE),
            moved=get.optional("moved"),
            first=get.count("first", 1),
            rest=get.rest(),
        )
        if record.status not in (ACTIVE, DELETED, MOVED):
            raise InvalidRecord(f"{what}: unknown status {record.status!r}")
        return record

    def to_yaml(self) -> bytes:
        """The canonical bytes."""
        return written(
            {"name": self.name, "created": format_time(self.created), "updated": format_time(self.updated)}
            | present({"description": self.description})
            | ({"status": self.status} if self.status != ACTIVE else {})
            | present({"moved": self.moved})
            | ({"first": self.first} if self.first != 1 else {})
            | {"tags": dict(sorted(self.tags.items()))}
            | self.rest
        )


@frozen
class VersionRecord:
    """``version.yaml``: immutable. Neither number nor name stands here, so renumbering and renaming keep the tree.

    ``run`` is a snapshot (id, name, params, metrics, tags), so that nothing reviewed depends on the runs' history.
    ``imported`` tells ``from`` which tool it was brought, and what that tool says beside: empty for what was made here.
    """

    model_id: str
    manifest: Digest
    created: int
    author: str
    email: str
    op: str
    size: int = 0
    source: str | None = None
    flavors: tuple[str, ...] = ()
    code_execution: str = "none"
    signature: dict[str, list[str]] = field(default_factory=dict)
    dependencies: str | None = None
    code: dict[str, Any] = field(default_factory=dict)
    base: tuple[str, ...] = ()
    run: dict[str, Any] = field(default_factory=dict)
    run_link: str | None = None
    imported: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_yaml(cls, data: bytes, what: str) -> "VersionRecord":
        """The record in ``data``. Raises InvalidYaml or InvalidRecord."""
        get = Fields.parse(data, what)
        author = get.mapping("author")
        record = cls(
            model_id=get.text("model_id"),
            manifest=get.digest("manifest"),
            created=get.time("created"),
            author=str(author.get("name", "")),
            email=str(author.get("email", "")),
            op=get.text("op"),
            size=get.count("size", 0),
            source=get.optional("source"),
            flavors=get.strings("flavors"),
            code_execution=get.text("code_execution", "none"),
            signature=get.lists("signature"),
            dependencies=get.optional("dependencies"),
            code=get.mapping("code"),
            base=get.strings("base"),
            run=get.mapping("run"),
            run_link=get.optional("run_link"),
            imported=get.mapping("imported"),
            rest=get.rest(),
        )
        if record.model_id != digest.model_id(record.manifest):
            raise InvalidRecord(f"{what}: 'model_id' does not follow from 'manifest'")
        return record

    def to_yaml(self) -> bytes:
        """The canonical bytes."""
        return written(
            {
                "model_id": self.model_id,
                "manifest": self.manifest,
                "created": format_time(self.created),
                "author": {"name": self.author, "email": self.email},
                "op": self.op,
                "size": self.size,
                "code_execution": self.code_execution,
            }
            | present(
                {
                    "source": self.source,
                    "flavors": list(self.flavors),
                    "signature": self.signature,
                    "dependencies": self.dependencies,
                    "code": self.code,
                    "base": list(self.base),
                    "run": self.run,
                    "run_link": self.run_link,
                    "imported": self.imported,
                }
            )
            | self.rest
        )

    @property
    def run_id(self) -> str | None:
        """The id of the run it came from."""
        value = self.run.get("id")
        return value if isinstance(value, str) else None

    @property
    def metrics(self) -> dict[str, Any]:
        """The final metrics of its run by name: the value of each, of the last data set where there are several."""
        rows = self.run.get("metrics")
        known = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return {row["key"]: row.get("value") for row in known if isinstance(row.get("key"), str)}


@frozen
class MetaRecord:
    """``meta/<n>.yaml``: what may change about a version. ``updated`` moves as MLflow's does: not for tags.

    ``staged`` is when it last went to another stage (a change of its model, too, which a new description is not), noted
    where neither ``updated`` nor its creation tells.
    """

    status: str = READY
    stage: str = "None"
    description: str | None = None
    reason: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    updated: int | None = None
    staged: int | None = None
    rest: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_yaml(cls, data: bytes, what: str) -> "MetaRecord":
        """The record in ``data``. Raises InvalidYaml or InvalidRecord."""
        get = Fields.parse(data, what)
        record = cls(
            status=get.text("status", READY),
            stage=get.text("stage", "None"),
            description=get.optional("description"),
            reason=get.optional("reason"),
            tags=get.texts("tags"),
            updated=get.optional_time("updated"),
            staged=get.optional_time("staged"),
            rest=get.rest(),
        )
        if record.status not in (READY, DELETED) or record.stage not in STAGES:
            raise InvalidRecord(f"{what}: unknown status {record.status!r} or stage {record.stage!r}")
        return record

    def to_yaml(self) -> bytes:
        """The canonical bytes."""
        return written(
            {"status": self.status, "stage": self.stage}
            | present({"description": self.description, "reason": self.reason})
            | ({"updated": format_time(self.updated)} if self.updated is not None else {})
            | ({"staged": format_time(self.staged)} if self.staged is not None else {})
            | {"tags": dict(sorted(self.tags.items()))}
            | self.rest
        )


@frozen
class Target:
    """Where an alias points: a version and its manifest, or nowhere."""

    version: int | None
    manifest: Digest | None


NOWHERE = Target(None, None)


@frozen
class AliasRecord:
    """``aliases/<alias>.yaml``: a lock file whose plain diff is the review of a move.

    ``previous`` is the compare-and-swap precondition and what ``rollback`` goes to; ``summary`` is generated, and a
    check recomputes it. ``counter`` counts its moves from when somebody first signed one.
    """

    model: str
    alias: str
    target: Target
    previous: Target
    op: str
    summary: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    counter: int = 0
    rest: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_yaml(cls, data: bytes, what: str) -> "AliasRecord":
        """The record in ``data``. Raises InvalidYaml or InvalidRecord."""
        get = Fields.parse(data, what)
        line = get.text("target")
        model, alias, version = _parse_target(line, what)
        previous = get.mapping("previous")
        # A record that says nothing of what was before says that nothing was.
        *told, earlier = _parse_target(previous.get("target", f"{model}@{alias} -> none"), what)
        if told != [model, alias]:
            raise InvalidRecord(f"{what}: 'previous' tells of another alias than 'target'")
        record = cls(
            model=model,
            alias=alias,
            target=_target(get, version, get.optional("manifest")),
            previous=_target(get, earlier, previous.get("manifest")),
            op=get.text("op"),
            summary=get.mapping("summary"),
            reason=get.optional("reason"),
            counter=get.count("counter", 0),
            rest=get.rest(),
        )
        return record

    def to_yaml(self) -> bytes:
        """The canonical bytes."""
        return written(
            {"target": self._line(self.target)}
            | present({"manifest": self.target.manifest})
            | {"previous": {"target": self._line(self.previous)} | present({"manifest": self.previous.manifest})}
            | ({"counter": self.counter} if self.counter else {})
            | present({"summary": self.summary, "reason": self.reason})
            | {"op": self.op}
            | self.rest
        )

    def _line(self, target: Target) -> str:
        return f"{self.model}@{self.alias} -> {target.version if target.version is not None else 'none'}"


def _parse_target(line: object, what: str) -> tuple[str, str, int | None]:
    match = _TARGET.fullmatch(line) if isinstance(line, str) else None
    if match is None:
        raise InvalidRecord(f"{what}: 'target' is not of the form '<model>@<alias> -> <version>'")
    version = None if match["version"] == "none" else int(match["version"])
    return match["model"], match["alias"], version


def _target(get: Fields, version: int | None, manifest: object) -> Target:
    if (version is None) != (manifest is None):
        raise InvalidRecord(f"{get.what}: a target has a version and its manifest, or neither")
    return Target(version, None if manifest is None else get.as_digest("manifest", manifest))


def written(record: dict[str, Any]) -> bytes:
    """The canonical bytes of ``record``. Raises Invalid for what could not be read back: it would be a damaged record.

    Only a large one can pass a limit of the reader, so only large ones are read again.
    """
    data = yaml.dump(record)
    if len(data) > _SURELY_READABLE:
        try:
            yaml.load(data, what="the record")
        except InvalidYaml as error:
            raise Invalid(
                f"{error.message}: too much text for one record", hint="shorten descriptions and tags"
            ) from None
    return data
