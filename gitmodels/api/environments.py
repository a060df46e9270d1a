"""The environment of a model: shown, built with uv, and the model loaded and asked inside it.

An environment is a folder with a note of ours: which model's files it was built for, with which packages. Building
one installs what the model names, and what is installed may run code; so trust is asked first, as for loading code.
"""

import json
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blake3 import blake3

from gitmodels import errors, processes
from gitmodels.api import content, isolated, loading
from gitmodels.api.content import Content
from gitmodels.errors import AlreadyExists, CheckFailed, Corrupt, GitModelsError, Locked, ObjectNotFound, Untrusted
from gitmodels.mlmodel import environment, mismatches, own_installation, uv
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.requirement_lines import package_of
from gitmodels.mlmodel.requirements import Requirements
from gitmodels.mlmodel.trust import Subject, allows, worst
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef
from gitmodels.values import replace

NOTE = "gitmodels-env.json"
# Variables first: what is imported then may read them.
_PROGRAM = f"""
import json, os, sys
with open(os.path.join(sys.argv[1], "{isolated.JOB}"), encoding="utf-8") as stream:
    os.environ.update(json.load(stream)["variables"])
from gitmodels.api.isolated import work
work(sys.argv[1])
"""
_MAX_NOTE = 1 << 20
# All that uv and we write into the folder of an environment: nothing else there is ever removed.
_VENV = ("bin", "include", "lib", "lib64", "share", "Include", "Lib", "Scripts", "pyvenv.cfg", "CACHEDIR.TAG")
_PARTS = (*_VENV, ".gitignore", ".lock", f".{NOTE}.part", NOTE)
_log = logging.getLogger("gitmodels")


@dataclass(frozen=True, slots=True)
class Job:
    """What the process inside is asked: the model's folder, ``example`` or the kind of the request in ``body``."""

    directory: Path
    kind: str
    body: bytes = b""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The environment of one model: what its files ask for, which model that is, and what loading it runs.

    ``trusting`` is the command that lets it run.
    """

    reference: str
    requirements: Requirements
    subject: Subject
    code_execution: str
    trusting: str

    @property
    def id(self) -> str:
        """Equal for environments that are built of the same lines; 32 hex digits."""
        asked = self.requirements
        lines = [asked.python, *asked.pip, "-c", *asked.constraints, "-l", *asked.lock, "-g"]
        text = "\n".join([*lines, *own_installation.requirements(), str(own_installation.checkout() or "")])
        return blake3(text.encode("utf-8", "surrogateescape")).hexdigest(length=16)


def describe(repo: Repo, ref: ModelRef) -> dict[str, Any]:
    """What the model ``ref`` needs, and what of it is not so here. Raises FileMissing where it does not say."""
    model = content.of_ref(repo, ref, str(ref))
    found = _wanted(repo, ref, model).requirements
    version = model.version
    # MLmodel says the same of Python as python_env.yaml; the file that builds the environment is the one compared.
    differing = [mismatches.of_python(found.python), *mismatches.find(found.pip)]
    return {
        "name": version.name if version else None,
        "version": version.number if version else None,
        "model_id": model.manifest.model_id,
        "python": found.python,
        "requirements": list(found.pip),
        "constraints": list(found.constraints),
        "lock": list(found.lock),
        "conda": dict(found.conda) if found.conda is not None else None,
        "mismatches": [
            {"package": one.package, "required": one.required, "installed": one.installed} for one in differing if one
        ],
        "created": None,
        "verified": None,
    }


def create(repo: Repo, ref: ModelRef, folder: Path, trust: loading.Trusting = None) -> dict[str, Any]:
    """Build the environment of ``ref`` in ``folder``, or find it there; what was built, as plain values.

    Raises Untrusted before anything is installed, AlreadyExists for a folder of something else, MissingDependency
    without uv, Invalid when uv cannot install it.
    """
    wanted = _wanted(repo, ref, content.of_ref(repo, ref, str(ref)))
    _check_trust(repo, wanted, trust)
    return _built(wanted, folder)


def verify(repo: Repo, ref: ModelRef, folder: Path | None = None, trust: loading.Trusting = None) -> dict[str, Any]:
    """Load ``ref`` in an environment of its own (``folder``, or one for the moment) and predict its input example.

    ``predicted`` is False for a model without an example. Raises CheckFailed when it does not load or predict there,
    and what ``create`` raises.
    """
    model = content.of_ref(repo, ref, str(ref))
    wanted = _wanted(repo, ref, model)
    _check_trust(repo, wanted, trust)
    with _inside(wanted, folder) as place:
        answer = _ask(place, wanted, Job(repo.views.view(model.manifest), "example"))
        if error := answer.get("error"):
            raise _noted(_not_verified(wanted.reference, answer["step"], error), answer)
        return {"predicted": bool(answer["predicted"]), "packages": len(_note(place)["packages"])}


def predict(repo: Repo, ref: ModelRef, body: bytes, kind: str, folder: Path, trust: loading.Trusting = None) -> Any:
    """As ``predicting.predict``, inside the environment in ``folder``, which is built where it is not there yet."""
    model = content.of_ref(repo, ref, str(ref))
    wanted = _wanted(repo, ref, model)
    _check_trust(repo, wanted, trust)
    return _predictions(wanted, folder, Job(repo.views.view(model.manifest), kind, body))


def predict_opened(
    opened: loading.Opened,
    body: bytes,
    kind: str,
    extra: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Any:
    """What an opened model answers in an environment for the moment: with the lines ``extra`` on top of its own.

    ``variables`` are added to the environment variables there. Raises as ``create`` and ``predicting.predict``.
    """
    asked = environment.read(opened.directory)
    if extra:
        # What comes on top may contradict the lock, which was resolved without it.
        names = {package_of(line) for line in extra}
        kept = [line for line in asked.pip if package_of(line) not in names]
        asked = replace(asked, pip=(*kept, *extra), lock=())
    reference = opened.subject.reference
    wanted = Wanted(reference, asked, opened.subject, code_execution(opened.directory), opened.trusting)
    _check_trust(opened.repo, wanted, None)
    return _predictions(wanted, None, Job(opened.directory, kind, body, variables or {}))


def _predictions(wanted: Wanted, folder: Path | None, job: Job) -> Any:
    with _inside(wanted, folder) as place:
        answer = _ask(place, wanted, job)
    if error := answer.get("error"):
        raise _noted(_told(wanted.reference, error), answer)
    return answer["predictions"]


def _wanted(repo: Repo, ref: ModelRef, found: Content) -> Wanted:
    entries = {entry.path: entry for entry in found.manifest.entries}
    files = {name: data for name, data in found.readable.items() if name in environment.NAMES}
    for name in (environment.CONSTRAINTS, environment.LOCK):
        if name not in entries:
            continue
        try:
            files[name] = repo.store.read(entries[name])
        except (ObjectNotFound, Corrupt):
            # The lock only says more of what the requirements say; constraints change what they mean.
            if name != environment.LOCK:
                raise
    version = found.version
    reference = f"{version.name}/{version.number}" if version else str(ref)
    way = f"if you trust it: git models trust {found.manifest.model_id}, or --trust for this once"
    asked = environment.of_files(files, reference)
    return Wanted(reference, asked, found.subject, found.code_execution, way)


def _check_trust(repo: Repo | None, wanted: Wanted, trust: loading.Trusting) -> None:
    runs = worst([wanted.code_execution, "python-code"])
    if not allows(loading.decision(repo, trust), runs, wanted.subject):
        raise Untrusted(
            f"{wanted.reference} is not trusted: building its environment installs the packages it names",
            hint=wanted.trusting,
        )


@contextmanager
def _inside(wanted: Wanted, folder: Path | None) -> Iterator[Path]:
    """The folder of the environment, built; one that nobody named goes when the block ends."""
    if folder is not None:
        _built(wanted, folder)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="gitmodels-env-", ignore_cleanup_errors=True) as temporary:
        _built(wanted, Path(temporary, "env"))
        yield Path(temporary, "env")


def _built(wanted: Wanted, folder: Path) -> dict[str, Any]:
    """What stands in ``folder``, after building it where nothing stands yet."""
    folder = folder.absolute()
    note = _note(folder)
    if note.get("id") == wanted.id and uv.python_of(folder).exists():
        return _document(folder, note)
    _make_room(folder, note)
    if other := environment.other_packages(wanted.requirements.conda):
        _log.warning("packages of conda are not installed: %s", ", ".join(other)[:400])
    own_installation.check_python(wanted.requirements.python)
    uv.find()
    _log.info("building the environment in %s with uv", folder)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder)
    try:
        packages = _install(wanted.requirements, folder)
        note = {"id": wanted.id, "python": wanted.requirements.python, "packages": packages}
        _write_note(folder, note)
    except BaseException:
        _clear(folder)
        raise
    return _document(folder, note)


def _install(wanted: Requirements, folder: Path) -> list[str]:
    uv.make(folder, wanted.python)
    # The lock holds what the requirements pull in to the very versions, also where another system needs less or more.
    uv.install(folder, [*wanted.pip, *own_installation.requirements()], [*wanted.constraints, *wanted.lock])
    own_installation.link(folder)
    return list(uv.freeze(folder))


def _claim(folder: Path) -> None:
    """Note that this process builds here. Raises Locked when another one was first."""
    try:
        with open(folder / NOTE, "x", encoding="utf-8") as stream:
            json.dump({"builder": processes.new_name("env")}, stream)
    except FileExistsError:
        raise _being_built(folder) from None


def _being_built(folder: Path) -> Locked:
    return Locked(f"another process is building the environment in {folder}", hint="wait for it, or name another")


def _make_room(folder: Path, note: Mapping[str, Any]) -> None:
    """Refuse a folder that holds something else; one that a killed process began is cleared."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    builder = note.get("builder")
    if isinstance(builder, str):
        if not processes.is_abandoned(builder, (folder / NOTE).stat().st_mtime):
            raise _being_built(folder)
        _clear(folder)
        if not folder.exists():
            return
    what = "was built for another environment" if note.get("id") else "exists and is not an empty folder"
    raise AlreadyExists(f"{folder} {what}", hint="name another folder, or remove it")


def _clear(folder: Path) -> None:
    """Remove what building leaves in ``folder``, and the folder itself when nothing else lies in it."""
    for name in _PARTS:
        part = folder / name
        if part.is_dir() and not part.is_symlink():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _note(folder: Path) -> dict[str, Any]:
    try:
        with open(folder / NOTE, "rb") as stream:
            found = json.loads(stream.read(_MAX_NOTE))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_note(folder: Path, note: Mapping[str, Any]) -> None:
    part = folder / f".{NOTE}.part"
    part.write_text(json.dumps(note, indent=1), encoding="utf-8")
    os.replace(part, folder / NOTE)


def _document(folder: Path, note: Mapping[str, Any]) -> dict[str, Any]:
    return {"path": str(folder), "python": note["python"], "packages": list(note["packages"])}


def _ask(folder: Path, wanted: Wanted, job: Job) -> dict[str, Any]:
    """What the process inside the environment in ``folder`` answers. Raises GitModelsError when it dies."""
    with tempfile.TemporaryDirectory(prefix="gitmodels-job-") as place:
        told: dict[str, Any] = {"directory": str(job.directory), "reference": wanted.reference, "kind": job.kind}
        told["variables"] = dict(job.variables)
        Path(place, isolated.JOB).write_text(json.dumps(told), encoding="utf-8")
        Path(place, isolated.REQUEST).write_bytes(job.body)
        # -I: neither PYTHONPATH nor the current folder lead out of the environment. What the model prints goes to
        # standard error.
        command = [str(uv.python_of(folder)), "-I", "-c", _PROGRAM, place]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=2, check=False)
        try:
            answer = json.loads(Path(place, isolated.ANSWER).read_bytes())
        except (FileNotFoundError, ValueError):
            how = f"was killed by signal {-done.returncode}" if done.returncode < 0 else f"ended with {done.returncode}"
            raise GitModelsError(f"the process in the environment of {wanted.reference} {how}") from None
    return answer if isinstance(answer, dict) else {}


def _told(reference: str, error: Mapping[str, Any]) -> GitModelsError:
    """The error that the process inside told, as one of ours."""
    kind = getattr(errors, str(error["kind"]), None)
    if isinstance(kind, type) and issubclass(kind, GitModelsError):
        return kind(error.get("message", ""), hint=error.get("hint", ""))
    return GitModelsError(f"{reference} does not load in its environment: {_cause(error)}", hint=_way_out(error))


def _not_verified(reference: str, step: str, error: Mapping[str, Any]) -> CheckFailed:
    what = "load" if step == "load" else "predict its input example"
    return CheckFailed(f"{reference} does not {what} in a clean environment: {_cause(error)}", hint=_way_out(error))


def _noted(error: GitModelsError, answer: Mapping[str, Any]) -> GitModelsError:
    """``error`` with the traceback of the process inside, which --debug shows."""
    error.add_note(str(answer.get("traceback") or ""))
    return error


def _cause(error: Mapping[str, Any]) -> str:
    missing = error.get("module")
    return f"there is no module {missing}" if missing else str(error.get("message") or error["kind"])


def _way_out(error: Mapping[str, Any]) -> str:
    if error.get("module"):
        return "log it again with extra_pip_requirements=[…] that name its package, or code_paths=[…] that hold it"
    return str(error.get("hint") or "")
