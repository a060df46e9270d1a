"""What is installed beside us: which distribution a module comes from, its version and what it needs.

This room reads installation metadata (dist-info, egg-info) of the running interpreter and keeps the answer in a
cache file that the caller places. It knows nothing of models, and imports none of the packages it describes.
The cache is a projection: it is rebuilt whenever a metadata folder on ``sys.path`` appears, goes or changes.
"""

import contextlib
import json
import logging
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from blake3 import blake3

from gitmodels import processes
from gitmodels.mlmodel.redaction import redact_urls
from gitmodels.patterns import pattern
from gitmodels.values import field, frozen

_FORMAT = 1
_METADATA_FOLDER = (".dist-info", ".egg-info", ".egg-link", ".egg")
_EXTRA = pattern(r"""extra\s*==\s*['"]([^'"]+)['"]""")
_NAME_SEPARATORS = pattern(r"[-_.]+")
_logger = logging.getLogger(__name__)
_latest: dict[str, "Installed"] = {}


@frozen
class Distribution:
    """One installed distribution.

    ``requires`` maps an extra (``""``: always) to needs such as ``numpy`` or ``requests[socks]``, their markers
    evaluated for this interpreter. ``origin`` is ``""`` for one from an index, ``editable`` for a project folder, or
    the direct reference it was installed from (``git+https://…@<commit>``).
    """

    name: str
    version: str
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    origin: str = ""


@frozen
class Installed:
    """All distributions by normalised name, and the module prefixes that each owns."""

    modules: Mapping[str, tuple[str, ...]]
    distributions: Mapping[str, Distribution]

    def owners(self, module: str) -> tuple[str, ...]:
        """Names of the distributions that ``module`` (dotted) comes from: the longest prefix known decides."""
        while module:
            if found := self.modules.get(module):
                return found
            module = module.rpartition(".")[0]
        return ()

    def brings(self, name: str) -> bool:
        """Whether it is known which modules the distribution ``name`` brought."""
        return any(name in owners for owners in self.modules.values())

    def needs(self, name: str) -> frozenset[str]:
        """Every distribution that ``name`` (``x`` or ``x[extra]``) needs, directly or not, that is installed."""
        seen: set[str] = set()
        found: set[str] = set()
        waiting = [name]
        while waiting:
            base, extras = _split_extras(waiting.pop())
            distribution = self.distributions.get(base)
            if distribution is None:
                continue
            for extra in ("", *extras):
                if f"{base}[{extra}]" not in seen:
                    seen.add(f"{base}[{extra}]")
                    direct = distribution.requires.get(extra, ())
                    found.update(_split_extras(need)[0] for need in direct)
                    waiting.extend(direct)
        return frozenset(found & self.distributions.keys()) - {_split_extras(name)[0]}

    def pin(self, name: str) -> str:
        """The requirement that brings ``name`` back: ``name==version`` without a local label, or its direct URL.

        A name that is not installed comes back as it is.
        """
        distribution = self.distributions.get(name)
        if distribution is None:
            return name
        if distribution.origin not in ("", "editable"):
            return f"{name} @ {distribution.origin}"
        return f"{name}=={distribution.version.partition('+')[0]}"


def normalise(name: str) -> str:
    """A distribution's name as PEP 503 compares it.

    >>> normalise("Scikit_Learn")
    'scikit-learn'
    """
    return _NAME_SEPARATORS.sub("-", name).lower()


def installed(cache_dir: Path | None = None) -> Installed:
    """What this interpreter has installed, from the cache under ``cache_dir`` where that still holds.

    Without ``cache_dir`` it is remembered in this process only. A cache that cannot be read or written costs time
    (about 1–2 ms a distribution), never an error.
    """
    fingerprint = _fingerprint()
    if found := _latest.get(fingerprint):
        return found
    path = _cache_file(cache_dir) if cache_dir is not None else None
    result = _read_cache(path, fingerprint) if path else None
    if result is None:
        result = _scan()
        if path:
            _write_cache(path, fingerprint, result)
    _latest.clear()
    _latest[fingerprint] = result
    return result


def version(name: str) -> str | None:
    """The installed version of one distribution, without building the whole map; None when it is absent."""
    import importlib.metadata

    try:
        return importlib.metadata.version(name)
    except (importlib.metadata.PackageNotFoundError, OSError, ValueError, KeyError):
        return None  # absent, or damaged


def _fingerprint() -> str:
    """Names and times of every metadata folder on ``sys.path``; pip renames or recreates them whenever it acts."""
    hasher = blake3(f"{_FORMAT} {sys.version} {sys.platform}".encode())
    for entry in sys.path:
        hasher.update(f"\0{entry}".encode(errors="surrogateescape"))
        try:
            with os.scandir(entry or ".") as found:
                rows = sorted(
                    (item.name, item.stat().st_mtime_ns) for item in found if item.name.endswith(_METADATA_FOLDER)
                )
        except OSError:
            rows = []
        hasher.update(repr(rows).encode(errors="surrogateescape"))
    return hasher.hexdigest(length=16)


def _cache_file(cache_dir: Path) -> Path:
    interpreter = blake3(f"{sys.prefix} {sys.version}".encode(errors="surrogateescape")).hexdigest(length=8)
    return cache_dir / f"installed-{interpreter}.json"


def _read_cache(path: Path, fingerprint: str) -> Installed | None:
    try:
        stored = json.loads(path.read_bytes())
        if stored["fingerprint"] != fingerprint:
            return None
        return Installed(
            modules={module: tuple(owners) for module, owners in stored["modules"].items()},
            distributions={name: _from_plain(row) for name, row in stored["distributions"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _from_plain(row: Mapping[str, Any]) -> Distribution:
    requires = {extra: tuple(needs) for extra, needs in row["requires"].items()}
    return Distribution(row["name"], row["version"], requires, row["origin"])


def _write_cache(path: Path, fingerprint: str, result: Installed) -> None:
    stored = {
        "fingerprint": fingerprint,
        "modules": result.modules,
        "distributions": {
            name: {"name": row.name, "version": row.version, "requires": dict(row.requires), "origin": row.origin}
            for name, row in result.distributions.items()
        },
    }
    # Where the cache looks for what killed processes left.
    temporary = path.parent / "tmp" / processes.new_name("installed")
    try:
        temporary.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as stream:
            json.dump(stored, stream)
        os.replace(temporary, path)
    except OSError as error:
        _logger.debug("the list of installed distributions was not cached: %s", error)
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _scan() -> Installed:
    import importlib.metadata

    distributions: dict[str, Distribution] = {}
    owned: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for source in importlib.metadata.distributions():
        described = _describe(_read(source, "METADATA") or _read(source, "PKG-INFO") or "", source)
        # The first on sys.path is the one that gets imported.
        if described is None or described.name in distributions:
            continue
        distributions[described.name] = described
        for top, prefixes in _modules(source).items():
            owned[top][described.name] = prefixes
    return Installed(_assign(owned), distributions)


def _read(source: Any, name: str) -> str | None:
    """A file of a distribution's metadata; None for one that is absent or damaged."""
    try:
        text: str | None = source.read_text(name)
    except (OSError, UnicodeDecodeError):
        return None
    return text


def _assign(owned: Mapping[str, Mapping[str, frozenset[str]]]) -> dict[str, tuple[str, ...]]:
    """Module prefix → owners. A top-level name with one owner stands alone; shared ones go by their packages."""
    result: dict[str, tuple[str, ...]] = {}
    for top, by_name in owned.items():
        if len(by_name) == 1:
            result[top] = tuple(by_name)
            continue
        shared: dict[str, set[str]] = defaultdict(set)
        for name, prefixes in by_name.items():
            for prefix in prefixes:
                shared[prefix].add(name)
        result.update({prefix: tuple(sorted(names)) for prefix, names in shared.items()})
    return dict(sorted(result.items()))


def _describe(metadata: str, source: Any) -> Distribution | None:
    """The distribution that a METADATA file's header describes; None when it names none."""
    fields: dict[str, list[str]] = defaultdict(list)
    for line in metadata.splitlines():
        if not line:
            break
        key, _, value = line.partition(": ")
        fields[key].append(value.strip())
    name, number = fields.get("Name"), fields.get("Version")
    if not name or not number:
        return None
    return Distribution(normalise(name[0]), number[0], _requires(fields["Requires-Dist"]), _origin(source))


def _requires(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    from packaging.requirements import InvalidRequirement, Requirement

    needs: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        extras = ",".join(sorted(requirement.extras))
        need = normalise(requirement.name) + (f"[{extras}]" if extras else "")
        marker = requirement.marker
        candidates = ["", *_EXTRA.findall(str(marker))] if marker else [""]
        for extra in candidates:
            if marker is None or marker.evaluate({"extra": extra}):
                needs[extra].add(need)
                break
    return {extra: tuple(sorted(names)) for extra, names in sorted(needs.items())}


def _origin(source: Any) -> str:
    """Where a direct installation (PEP 610) came from; local archives and folders count as ordinary versions."""
    if _read(source, "METADATA") is None and not _among_installed(str(source.locate_file(""))):
        return "editable"  # an egg-info in a project folder: the code beside it is what gets imported
    try:
        direct = json.loads(_read(source, "direct_url.json") or "{}")
        if direct.get("dir_info", {}).get("editable"):
            return "editable"
        vcs = direct.get("vcs_info", {})
        if vcs.get("vcs") and vcs.get("commit_id"):
            return redact_urls(f"{vcs['vcs']}+{direct['url']}@{vcs['commit_id']}")
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return ""


def _among_installed(path: str) -> bool:
    return "site-packages" in path or "dist-packages" in path


def _modules(source: Any) -> dict[str, frozenset[str]]:
    """Top-level module names of a distribution, each with the package prefixes that are its own below it."""
    files = _python_files(_read(source, "RECORD") or "")
    if not files:
        tops = (_read(source, "top_level.txt") or "").split()
        return {top: frozenset({top}) for top in tops}
    packages = {parts[:-1] for parts in files if parts[-1] == "__init__"}
    result: dict[str, set[str]] = defaultdict(set)
    for parts in files:
        result[parts[0]].add(".".join(_own_prefix(parts, packages)))
    return {top: frozenset(prefixes) for top, prefixes in result.items()}


def _own_prefix(parts: tuple[str, ...], packages: set[tuple[str, ...]]) -> tuple[str, ...]:
    """The shortest package of this distribution that holds the module, or the module itself."""
    for length in range(1, len(parts)):
        if parts[:length] in packages:
            return parts[:length]
    return parts


def _python_files(record: str) -> list[tuple[str, ...]]:
    import inspect

    found: list[tuple[str, ...]] = []
    for line in record.splitlines():
        path = line.split(",", 1)[0].strip('"')
        folder, _, last = path.rpartition("/")
        if "__pycache__" in folder or not last.endswith((".py", ".so", ".pyd", ".pyc")):
            continue
        module = inspect.getmodulename(last)
        parts = (*folder.split("/"), module) if folder else (module,)
        if module and all(part.isidentifier() for part in parts if part):
            found.append(tuple(part for part in parts if part))
    return found


def _split_extras(need: str) -> tuple[str, list[str]]:
    base, bracket, rest = need.partition("[")
    return base, rest.rstrip("]").split(",") if bracket else []
