"""What a model needs installed: captured from what it really imports, or given by the caller.

This room turns a model in memory into pinned requirements. It runs in this process, starts no other, and executes
nothing of the model beyond its pickling. It writes no files: environment.py does.
"""

import logging
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gitmodels import yaml
from gitmodels.errors import FileMissing, Invalid
from gitmodels.mlmodel import lock_files, requirement_lines
from gitmodels.mlmodel.distributions import Installed, installed, normalise
from gitmodels.mlmodel.recorder import is_standard, record
from gitmodels.mlmodel.redaction import redact_tree
from gitmodels.mlmodel.requirement_lines import Lines, Source, fold, package_of
from gitmodels.mlmodel.sources import file_of, imports_of_module, imports_under, is_own
from gitmodels.patterns import pattern
from gitmodels.values import frozen, replace

# Present wherever a model is loaded, or only where it was tested.
NEVER = frozenset({"mlflow", "mlflow-skinny", "mlflow-tracing", "gitmodels", "setuptools", "pip", "wheel", "pytest"})
# Whatever way they were installed, from a checkout too: a model needs neither of them.
_NOT_NEEDS = frozenset({"gitmodels", "mlflow"})
MAX_LOCAL_MODULES = 500

_CONDA_PYTHON = pattern(r"python\s*==?\s*(\d[\d.]*)(=.*)?")
_logger = logging.getLogger(__name__)


@frozen
class Overrides:
    """What the caller says instead of what would be captured; at most one of the first three, as in MLflow.

    ``pip_requirements`` and ``extra_pip_requirements`` are lines or the path of a file, also of a lock file;
    ``conda_env`` is a mapping or the path of a YAML file. ``uv_project`` is a folder with a ``uv.lock`` that counts
    instead of what is captured, with these dependency groups and extras of the project.
    """

    pip_requirements: Source | None = None
    extra_pip_requirements: Source | None = None
    conda_env: str | os.PathLike[str] | Mapping[str, Any] | None = None
    uv_project: str | os.PathLike[str] | None = None
    uv_groups: Sequence[str] = ()
    uv_extras: Sequence[str] = ()


@frozen
class Requirements:
    """The environment of one model.

    ``pip`` are the lines of requirements.txt, ``constraints`` those of constraints.txt; ``lock`` pins everything
    they pull in, as installed here (empty when that is not known); ``conda`` is the caller's own conda environment;
    ``local_modules`` come from no distribution: the model loads elsewhere only when they are given as ``code_paths``.
    """

    pip: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    python: str = ""
    conda: Mapping[str, Any] | None = None
    local_modules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "python", self.python or platform.python_version())


_NO_OVERRIDES = Overrides()


def capture(
    model: Any,
    *,
    packages: Iterable[str] = (),
    sources: Iterable[Path] = (),
    overrides: Overrides = _NO_OVERRIDES,
    cache_dir: Path | None = None,
) -> Requirements:
    """The requirements of ``model``, pinned to what is installed.

    ``packages`` are always included (a flavor's own, and ``cloudpickle`` where the flavor pickles with it);
    ``sources`` are Python files and folders that travel with the model (``code_paths``, a model written as code: then
    ``model`` may be None); ``cache_dir`` holds the list of installed distributions between calls.
    Raises Invalid when more than one override is given or one cannot be understood, FileMissing for a missing file.
    """
    _refuse_several(overrides)
    known = installed(cache_dir)
    if overrides.conda_env is not None:
        return _from_conda(overrides.conda_env, known)
    if overrides.pip_requirements is not None:
        return _from_lines(requirement_lines.read(overrides.pip_requirements), known, ())
    extra = requirement_lines.read(overrides.extra_pip_requirements or ())
    if overrides.uv_project is not None:
        return _from_uv(overrides, extra, known)
    pins, local = _captured(model, tuple(packages), tuple(sources), known)
    return _from_lines(Lines((*pins, *extra.requirements), extra.constraints, extra.redacted), known, local)


def prune(names: Iterable[str], known: Installed, *, keep: Iterable[str] = ()) -> frozenset[str]:
    """``names`` without those that another one of them pulls in; ``keep`` always stays.

    Of distributions that need each other the alphabetically first one stays.
    """
    kept = set(keep)
    result = set(names) | kept
    needs = {name: known.needs(name) for name in result}
    for name in sorted(result - kept, reverse=True):
        if any(name in needs[other] for other in result - {name}):
            result.discard(name)
    return frozenset(result)


def closure(lines: Iterable[str], known: Installed) -> tuple[str, ...]:
    """Pins of everything that ``lines`` pull in as installed here; ``()`` when one of them is not satisfied here."""
    from packaging.requirements import InvalidRequirement, Requirement

    names: set[str] = set()
    for line in lines:
        if not package_of(line):
            continue
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            return ()
        name = normalise(requirement.name)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        found = known.distributions.get(name)
        if found is None or not requirement.specifier.contains(found.version, prereleases=True):
            return ()
        extras = ",".join(sorted(requirement.extras))
        names |= {name} | known.needs(f"{name}[{extras}]" if extras else name)
    return tuple(known.pin(name) for name in sorted(names - NEVER))


def _refuse_several(overrides: Overrides) -> None:
    given = (overrides.conda_env, overrides.pip_requirements, overrides.extra_pip_requirements)
    if sum(item is not None for item in given) > 1:
        raise Invalid(
            "Only one of `conda_env`, `pip_requirements`, and `extra_pip_requirements` can be specified",
        )
    if overrides.uv_project is None and (overrides.uv_groups or overrides.uv_extras):
        raise Invalid("uv_groups and uv_extras belong to a project", hint="name its folder as uv_project_path")
    if overrides.uv_project is not None and given[:2] != (None, None):
        raise Invalid("uv_project_path says the requirements already", hint="leave pip_requirements and conda_env out")


def _captured(
    model: Any, packages: tuple[str, ...], sources: tuple[Path, ...], known: Installed
) -> tuple[list[str], tuple[str, ...]]:
    """Pins of the direct needs, and the local modules that no given source covers."""
    recording = record(model)
    if recording.failure:
        _logger.warning(
            "what the model imports could not be recorded completely (%s): requirements are those of its flavor and of "
            "what was seen; give pip_requirements or extra_pip_requirements to complete them",
            recording.failure,
        )
    modules = recording.modules | imports_under(sources)
    shipped = {path.stem if path.is_file() else path.name for path in sources}
    names, local = _owners(modules, known, shipped)
    always = {_installed_name(package, known) for package in packages}
    direct = prune(names | always, known, keep=always)
    _tell_labels(direct, known)
    return [known.pin(name) for name in sorted(direct)], tuple(sorted(local))


def _tell_labels(names: Iterable[str], known: Installed) -> None:
    """Say which pins leave a local label out: they may bring another build than the one here."""
    for name in sorted(names):
        found = known.distributions.get(name)
        if found is not None and "+" in found.version and (pin := known.pin(name)).startswith(f"{name}=="):
            _logger.warning("%s %s is required as %s: other indexes do not have its label", name, found.version, pin)


def _owners(modules: Iterable[str], known: Installed, shipped: set[str]) -> tuple[set[str], set[str]]:
    """Distributions behind ``modules``, and the modules that are local; local ones are searched in turn."""
    names: set[str] = set()
    local: set[str] = set()
    seen = set(modules)
    waiting = sorted(seen)
    while waiting:
        module = waiting.pop()
        top = module.partition(".")[0]
        if top in _NOT_NEEDS or (is_standard(module) and not _shadows(top)):
            continue
        owners = known.owners(module) or _of_that_name(top, known)
        if owners and not _is_local(module, owners, known):
            names.update(owners)
        elif file_of(module) is not None and not NEVER.intersection(owners) and len(local) < MAX_LOCAL_MODULES:
            local.add(module)
            new = imports_of_module(module) - seen
            seen |= new
            waiting.extend(sorted(new))
    return names - NEVER, {module for module in local if module.partition(".")[0] not in shipped}


def _is_local(module: str, owners: tuple[str, ...], known: Installed) -> bool:
    """Whether a module is the user's own although a distribution claims its name (editable, or shadowed)."""
    if all(known.distributions[owner].origin == "editable" for owner in owners if owner in known.distributions):
        return True
    path = file_of(module.partition(".")[0])
    return path is not None and "site-packages" not in path.parts and "dist-packages" not in path.parts


def _of_that_name(top: str, known: Installed) -> tuple[str, ...]:
    """The distribution of that name, for those that do not list what they brought."""
    name = normalise(top)
    return (name,) if name in known.distributions and not known.brings(name) else ()


def _shadows(top: str) -> bool:
    """Whether the user's own file stands before the standard module of that name, such as a ``types.py`` of theirs."""
    if top not in sys.stdlib_module_names:
        return False
    path = file_of(top)
    return path is not None and is_own(path)


def _installed_name(package: str, known: Installed) -> str:
    """The installed distribution for a package a flavor names: ``xgboost`` may come from ``xgboost-cpu``."""
    name = normalise(package)
    if name in known.distributions:
        return name
    owners = known.owners(package.replace("-", "_"))
    return owners[0] if owners else name


def _from_lines(lines: Lines, known: Installed, local: tuple[str, ...]) -> Requirements:
    if lines.redacted:
        _logger.warning("credentials in requirement URLs were left out; set them where the model is installed")
    pip = fold(lines.requirements)
    if lines.local:
        _logger.warning("packages in folders of the project are not required: %s", ", ".join(lines.local))
    lock = () if lines.constraints else lines.locked or closure(pip, known)
    return Requirements(pip=pip, constraints=lines.constraints, lock=lock, local_modules=local)


def _from_uv(overrides: Overrides, extra: Lines, known: Installed) -> Requirements:
    path = Path(overrides.uv_project or "", lock_files.UV_LOCK)
    lock = requirement_lines.of_lock(lock_files.read(path, groups=overrides.uv_groups, extras=overrides.uv_extras))
    if not extra.requirements:
        return _from_lines(replace(lock, constraints=extra.constraints), known, ())
    # The lock knows nothing of what comes on top, but holds what is its own.
    pip = fold((*lock.requirements, *extra.requirements))
    joined = Lines(pip, (*lock.locked, *extra.constraints), extra.redacted, local=lock.local)
    return _from_lines(joined, known, ())


def _from_conda(given: str | os.PathLike[str] | Mapping[str, Any], known: Installed) -> Requirements:
    environment = given if isinstance(given, Mapping) else _read_conda(given)
    dependencies = environment.get("dependencies", [])
    if not isinstance(dependencies, list | tuple):
        raise Invalid("a conda environment's `dependencies` are a list")
    pip: list[str] = []
    for item in dependencies:
        if isinstance(item, Mapping) and "pip" in item:
            pip = list(item["pip"] or [])
        elif not isinstance(item, str):
            raise Invalid(f'Invalid conda dependency: {item}. Must be str or dict in the form of {{"pip": [...]}}')
    lines = requirement_lines.read(pip)
    found = _from_lines(lines, known, ())
    return Requirements(found.pip, found.constraints, found.lock, conda_python(environment), redact_tree(environment))


def conda_python(environment: Mapping[str, Any]) -> str:
    """The exact Python that a conda environment asks for; ``""`` where it names none or a range.

    >>> conda_python({"dependencies": ["python=3.11.4", "pip"]})
    '3.11.4'
    """
    given = environment.get("dependencies")
    texts = [item for item in given if isinstance(item, str)] if isinstance(given, list | tuple) else []
    return next((exact[1] for item in texts if (exact := _CONDA_PYTHON.fullmatch(item))), "")


def _read_conda(given: Any) -> Mapping[str, Any]:
    if not isinstance(given, str | os.PathLike):
        raise Invalid(
            "Expected a string path to a conda env yaml file or a `dict` representing a conda env, "
            f"but got `{type(given).__name__}`"
        )
    try:
        data = Path(given).read_bytes()
    except OSError as error:
        raise FileMissing(f"conda environment file {given} cannot be read: {error.strerror}") from None
    environment = yaml.load(data, what=f"conda environment {Path(given).name}")
    if not isinstance(environment, dict):
        raise Invalid(f"conda environment {Path(given).name} is not a mapping")
    return environment
