"""DVC's files: what a ``.dvc`` file, a ``dvc.lock`` and the artifacts of a ``dvc.yaml`` say. Text in, values out.

The keys are those of dvc/schema.py and dvc/annotations.py (DVC 3). Every path becomes one of the repository, so a file
that leads out of it is refused. Templates are not filled in and nothing is executed. This room opens no file.
"""

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from gitmodels import yaml
from gitmodels.errors import Invalid, InvalidYaml
from gitmodels.names import check_file_path
from gitmodels.objects.manifest import MAX_FILES
from gitmodels.patterns import pattern
from gitmodels.values import field, frozen

MAX_YAML = 16 << 20
MAX_LISTING = 64 << 20
LOCK, PROJECT, SUFFIX = "dvc.lock", "dvc.yaml", ".dvc"
# Before DVC 3.0 an MD5 was of a text with the ends of lines as Unix has them, and nothing said so.
LEGACY, MD5 = "md5-dos2unix", "md5"
_MD5 = pattern(r"[0-9a-f]{32}")
_ELSEWHERE = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://|/|[A-Za-z]:[\\/]|~")


@frozen
class Part:
    """One file of a folder that DVC keeps: its path in the folder and its MD5."""

    path: str
    md5: str
    size: int | None = None


@frozen
class Out:
    """A file or folder that DVC keeps, at ``path`` of the repository; ``said_in`` is the file that says so.

    ``md5`` is that of the file, or of the folder's listing; empty where DVC keeps it in another way. ``parts`` are a
    folder's files where they are written down at once.
    """

    path: str
    md5: str
    is_folder: bool
    algorithm: str
    said_in: str
    size: int | None = None
    parts: tuple[Part, ...] | None = None


@frozen
class Artifact:
    """An entry of ``artifacts:`` in ``dvc.yaml`` or ``artifacts.yaml``: what is called ``name``, and what it is."""

    name: str
    path: str
    said_in: str
    kind: str | None = None
    description: str | None = None
    labels: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


def outs_of_file(data: bytes, at: str) -> list[Out]:
    """What the ``.dvc`` file ``at`` names. Raises InvalidYaml, Invalid."""
    said = _loaded(data, at)
    folder = _inside(posixpath.dirname(at), _text(said.get("wdir", "."), at), at)
    return list(_outs(said, folder, at))


def outs_of_lock(data: bytes, at: str, folders: Mapping[str, str]) -> list[Out]:
    """What the stages of the ``dvc.lock`` ``at`` put out; ``folders`` are the working folders of stages elsewhere."""
    said = _loaded(data, at)
    # The form of DVC before 2.0 has the stages at the top.
    stages = _mapping(said["stages"], at) if "stages" in said else said if "schema" not in said else {}
    found: list[Out] = []
    for name, stage in stages.items():
        # What is generated from one stage is called like `train@de`, and works where that does.
        working = folders.get(name) or folders.get(name.partition("@")[0]) or posixpath.dirname(at)
        found += _outs(_mapping(stage, at), working, at)
    return found


def folders_of_stages(data: bytes, at: str) -> dict[str, str]:
    """The working folders of those stages of the ``dvc.yaml`` ``at`` that have one of their own."""
    said = _loaded(data, at)
    found = {}
    for name, stage in _mapping(said.get("stages") or {}, at).items():
        inner = stage.get("do", stage) if isinstance(stage, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("wdir"), str) and "${" not in inner["wdir"]:
            found[name] = _inside(posixpath.dirname(at), inner["wdir"], at)
    return found


def artifacts_of(data: bytes, at: str, *, whole: bool = False) -> list[Artifact]:
    """The artifacts that ``dvc.yaml`` names; with ``whole`` the file is nothing else, as GTO's ``artifacts.yaml``.

    One without a path is left out: it names no bytes. Raises InvalidYaml, Invalid.
    """
    said = _loaded(data, at)
    rows = said if whole else _mapping(said.get("artifacts") or {}, at)
    found = []
    for name, row in rows.items():
        row = _mapping(row, at)
        if row.get("path") is None:
            continue
        labels = row.get("labels") or []
        if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
            raise Invalid(f"{at}: the labels of {name[:80]!r} are no list of texts")
        found.append(
            Artifact(
                name=name,
                path=_inside(posixpath.dirname(at), _text(row["path"], at), at),
                said_in=at,
                kind=_text(row["type"], at) if row.get("type") is not None else None,
                description=_text(said_of, at) if (said_of := row.get("desc", row.get("description"))) else None,
                labels=tuple(labels),
                meta=meta if isinstance(meta := row.get("meta", row.get("custom")), dict) else {},
            )
        )
    return found


def listing(data: bytes, shown: str) -> tuple[Part, ...]:
    """The files of a folder, by the object that lists them. Raises Invalid, InvalidName for paths that lead out."""
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError):
        raise Invalid(f"the listing of {shown[:200]!r} is not JSON") from None
    return _parts(rows, shown)


def plain_listing(parts: tuple[Part, ...]) -> bytes:
    """The listing whose MD5 names the folder: paths and MD5s only (dvc_data/hashfile/tree.py, ``as_bytes``)."""
    rows = [{"md5": part.md5, "relpath": part.path} for part in sorted(parts, key=lambda part: part.path)]
    return json.dumps(rows, sort_keys=True).encode()


def _loaded(data: bytes, at: str) -> Mapping[str, Any]:
    try:
        return _mapping(yaml.load(data, what=at, max_size=MAX_YAML), at)
    except InvalidYaml as error:
        raise InvalidYaml(
            error.message, hint="YAML is read without anchors, aliases and tags: write them out"
        ) from None


def _outs(said: Mapping[str, Any], folder: str, at: str) -> Iterator[Out]:
    rows = said.get("outs") or []
    if not isinstance(rows, list):
        raise Invalid(f"{at}: outs is no list")
    for row in (_mapping(row, at) for row in rows):
        path = _text(row.get("path"), at)
        if _ELSEWHERE.match(path):
            continue  # kept outside of the repository, which nothing here can name
        digest = str(row.get("md5") or "").lower()
        plain = digest.removesuffix(".dir")
        if plain and not _MD5.fullmatch(plain):
            raise Invalid(f"{at}: the md5 of {path[:200]!r} is none: {plain[:80]!r}")
        algorithm = MD5 if row.get("hash", "") == MD5 else LEGACY
        parts = _parts(row["files"], f"{at}: {path}") if row.get("files") is not None else None
        size = row.get("size")
        yield Out(
            path=_inside(folder, path, at),
            md5=plain,
            is_folder=digest != plain or parts is not None,
            algorithm=algorithm,
            said_in=at,
            size=size if type(size) is int and digest == plain and parts is None else None,
            parts=parts,
        )


def _parts(rows: Any, shown: str) -> tuple[Part, ...]:
    if not isinstance(rows, list) or len(rows) > MAX_FILES:
        raise Invalid(f"the listing of {shown[:200]!r} is no list of at most {MAX_FILES} files")
    found = []
    for row in rows:
        path, digest = (row.get("relpath"), row.get("md5")) if isinstance(row, dict) else (None, None)
        if not isinstance(path, str) or not isinstance(digest, str) or not _MD5.fullmatch(digest):
            raise Invalid(f"the listing of {shown[:200]!r} has a file without path or md5")
        size = row.get("size")
        found.append(Part(check_file_path(path), digest, size if type(size) is int else None))
    return tuple(found)


def _inside(folder: str, path: str, at: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined.startswith(("../", "/")) or joined == ".." or "\0" in joined:
        raise Invalid(f"{at}: {path[:200]!r} leads out of the repository")
    return "" if joined == "." else joined


def _mapping(value: Any, at: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{at}: a mapping is expected, not {type(value).__name__}")
    return value


def _text(value: Any, at: str) -> str:
    if not isinstance(value, str) or not value:
        raise Invalid(f"{at}: a text is expected, not {str(value)[:80]!r}")
    return value
