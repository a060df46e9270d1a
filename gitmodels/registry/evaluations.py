"""Evaluations: what was found out about a version after it was registered. Values ↔ YAML, and where to find them.

Each is a file of its own that is written once, so that two people who evaluate never conflict. It names the content
that it measured: a version of other content, as renumbering can make one, has no part in it. This room knows no git.
"""

import functools
from collections.abc import Sequence
from typing import Any

from gitmodels.digest import Digest
from gitmodels.errors import InvalidRecord
from gitmodels.fields import Fields, format_time, present
from gitmodels.registry import layout
from gitmodels.registry.records import written
from gitmodels.registry.state import DAMAGE, State
from gitmodels.values import field, frozen

_SUFFIX = ".yaml"


@frozen
class Measured:
    """The data that was measured on: a name, and what proves that it is the same data.

    ``digest`` is MLflow's fingerprint, as runs have it; ``blake3`` that of the file's bytes; ``target`` the column of
    the truth.
    """

    name: str
    digest: str | None = None
    blake3: Digest | None = None
    rows: int | None = None
    target: str | None = None

    @classmethod
    def from_fields(cls, get: Fields) -> "Measured":
        """The data that a record names. Raises InvalidRecord."""
        blake3 = get.optional("blake3")
        return cls(
            name=get.text("name"),
            digest=get.optional("digest"),
            blake3=None if blake3 is None else get.as_digest("blake3", blake3),
            rows=get.optional_count("rows"),
            target=get.optional("target"),
        )

    def to_dict(self) -> dict[str, Any]:
        """What a record says of it."""
        known = {"digest": self.digest, "blake3": self.blake3, "rows": self.rows, "target": self.target}
        return {"name": self.name} | present(known)


@frozen
class Evaluation:
    """``evaluations/<n>/<op>.yaml``: metrics of the content ``manifest``, by whom, on what, from which run and code."""

    manifest: Digest
    metrics: dict[str, float]
    created: int = 0
    author: str = ""
    email: str = ""
    op: str = ""
    dataset: Measured | None = None
    description: str | None = None
    run: dict[str, Any] = field(default_factory=dict)
    code: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_yaml(cls, data: bytes, what: str) -> "Evaluation":
        """The record in ``data``. Raises InvalidYaml or InvalidRecord."""
        get = Fields.parse(data, what)
        author, metrics, dataset = get.mapping("author"), get.mapping("metrics"), get.inner("dataset")
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in metrics.values()):
            raise get.wrong("metrics", "a mapping of names to numbers")
        return cls(
            manifest=get.digest("manifest"),
            metrics={key: float(value) for key, value in metrics.items()},
            created=get.time("created"),
            author=str(author.get("name", "")),
            email=str(author.get("email", "")),
            op=get.text("op"),
            dataset=None if dataset is None else Measured.from_fields(dataset),
            description=get.optional("description"),
            run=get.mapping("run"),
            code=get.mapping("code"),
            rest=get.rest(),
        )

    def to_yaml(self) -> bytes:
        """The canonical bytes."""
        return written(
            {
                "manifest": self.manifest,
                "metrics": dict(sorted(self.metrics.items())),
                "created": format_time(self.created),
                "author": {"name": self.author, "email": self.email},
                "op": self.op,
            }
            | present(
                {
                    "dataset": None if self.dataset is None else self.dataset.to_dict(),
                    "description": self.description,
                    "run": self.run,
                    "code": self.code,
                }
            )
            | self.rest
        )


def of_version(state: State, name: str, number: int, manifest: Digest) -> list[Evaluation]:
    """The evaluations of a version that has the content ``manifest``, oldest first.

    Damaged ones are left out and noted in ``state.skipped``.
    """
    found = []
    for path in paths(state, name, number):
        try:
            record = read(state, path)
        except DAMAGE as error:
            state.skipped[path] = error
            continue
        if record.manifest == manifest:
            found.append(record)
    return sorted(found, key=lambda record: (record.created, record.op))


def evaluated(state: State, name: str) -> frozenset[str]:
    """The numbers of versions that have evaluations, as paths spell them: one look spares a list one at each."""
    return frozenset(state.tree.names(layout.evaluated_folder(name)))


def paths(state: State, name: str, number: int) -> list[str]:
    """Where the evaluations of a version stand, whatever they say."""
    folder = layout.evaluations_folder(name, number)
    return [f"{folder}/{entry}" for entry in state.tree.names(folder) if entry.endswith(_SUFFIX)]


def read(state: State, path: str) -> Evaluation:
    """The evaluation at ``path``. Raises InvalidYaml, or InvalidRecord for one that is not called by its operation."""
    record = _parsed(state.tree.read(path) or b"", path)
    if path.rpartition("/")[2] != f"{record.op}{_SUFFIX}":
        raise InvalidRecord(f"{path}: says its operation is {record.op[:40]!r}")
    return record


def latest(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Of each metric the value that was found last; ``evaluations`` are oldest first."""
    return {key: value for record in evaluations for key, value in record.metrics.items()}


@functools.lru_cache(maxsize=16_384)
def _parsed(data: bytes, path: str) -> Evaluation:
    return Evaluation.from_yaml(data, path)
