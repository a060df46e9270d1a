"""Loading: from a URI to a folder with verified files, and from there to the native object or the predictor.

This room joins content, views and trust; what a flavor does with the folder is known below. The caller's ``trust``
comes on top of what this clone decided; a model has no say in it.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gitmodels import digest
from gitmodels.api import content, context, modules
from gitmodels.errors import AlreadyExists, Conflict, FileMissing, Invalid, Untrusted
from gitmodels.flavors import mlflow_names
from gitmodels.mlmodel import loaders
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.predictor import PyFuncModel, load_predictor
from gitmodels.mlmodel.provenance import UNKNOWN, Provenance
from gitmodels.mlmodel.trust import Subject, Trust
from gitmodels.repo import Repo
from gitmodels.trusted import Saved, from_setting
from gitmodels.uris import ModelRef, PathRef, check_whole, parse_uri
from gitmodels.values import frozen

Trusting = bool | Trust | None

# A model's code file imports mlflow; where that is not installed, our public modules answer.
mlflow_names.answer_with(modules.as_mlflows(), modules.for_mlflow)


@frozen
class Opened:
    """A model's folder, ready for a loader, with how trust sees it and where it comes from."""

    directory: Path
    subject: Subject
    provenance: Provenance = UNKNOWN
    repo: Repo | None = None
    trusting: str = "if you trust it: trust=True, or GITMODELS_TRUST=all"


def open_model(
    uri: str | os.PathLike[str],
    dst_path: str | os.PathLike[str] | None = None,
    repo: Repo | None = None,
    *,
    verify: bool = False,
) -> Opened:
    """The folder of the model that ``uri`` names: a copy under ``dst_path``, else one to read only.

    ``repo`` is where registered and logged models are looked up, by default the repository in force. With ``verify``
    nothing is opened but what an alias points at and was approved with signatures; else CheckFailed is raised.

    Raises what finding it raises, ObjectNotFound when its bytes are not here, DigestMismatch when they are damaged.
    """
    ref = parse_uri(str(uri))
    if isinstance(ref, PathRef) and not verify:
        return _open_path(Path(ref.path), dst_path)
    check_whole(ref)
    repo, named = context.located(uri, repo)
    if verify:
        _check_named(named)
    found = content.find(repo, named)
    if verify:
        _verify(repo, named, found)
    if dst_path is None:
        directory = repo.views.view(found.manifest)
    else:
        directory = Path(dst_path)
        repo.store.checkout(found.manifest, directory)
    return Opened(directory, found.subject, found.provenance, repo, _way(repo, found))


def _check_named(named: str) -> None:
    ref = parse_uri(named)
    if not isinstance(ref, ModelRef) or ref.alias is None:
        raise Invalid(f"{named[:200]} has no alias: approvals speak of aliases", hint="such as models:/fraud@champion")


def _verify(repo: Repo, named: str, found: content.Content) -> None:
    """Raise CheckFailed unless the very content that was found is what was approved."""
    from gitmodels.api import approving

    ref = parse_uri(named)
    assert isinstance(ref, ModelRef)
    verified = approving.verify(repo, ref, context.settings().state)
    if verified.manifest != found.manifest.digest:
        raise Conflict(f"{ref} moved while it was loaded", hint="load it again")


def _way(repo: Repo, found: content.Content) -> str:
    """What a refusal says: how this very model is allowed to run, and why it is not approved where that would do."""
    if repo.git.read_only is not None:
        return "if you trust it: trust=True, or GITMODELS_TRUST=all"
    way = f"if you trust it: git models trust {found.manifest.model_id}, or trust=True, or GITMODELS_TRUST=all"
    aliases = ", ".join(repo.trusted.aliases())
    if repo.trusted.decision().approved and not found.subject.approved:
        way += f"; approved is what {aliases} points at where it was published"
    return way


def load_native(
    uri: str | os.PathLike[str],
    flavor: str | None = None,
    dst_path: str | os.PathLike[str] | None = None,
    trust: Trusting = None,
    *,
    verify: bool = False,
) -> Any:
    """The model as its framework made it. Raises Untrusted before anything of the model runs."""
    refuse_name_alone(uri)
    opened = open_model(uri, dst_path, verify=verify)
    with _way_out(opened):
        return loaders.load_native(opened.directory, flavor, trust=decision(opened.repo, trust), subject=opened.subject)


def load_pyfunc(
    uri: str | os.PathLike[str],
    dst_path: str | os.PathLike[str] | None = None,
    model_config: Mapping[str, Any] | None = None,
    trust: Trusting = None,
    *,
    verify: bool = False,
) -> PyFuncModel:
    """The model behind one predict interface. Raises Untrusted before anything of the model runs."""
    refuse_name_alone(uri)
    return predictor(open_model(uri, dst_path, verify=verify), model_config, trust)


def predictor(opened: Opened, model_config: Mapping[str, Any] | None = None, trust: Trusting = None) -> PyFuncModel:
    """The predictor of an opened model. Raises Untrusted before anything of the model runs."""
    with _way_out(opened):
        return load_predictor(
            opened.directory,
            model_config,
            trust=decision(opened.repo, trust),
            subject=opened.subject,
            provenance=opened.provenance,
        )


def decision(repo: Repo | None, trust: Trusting) -> Trust:
    """What may run: ``trust`` when it is given, else this clone's decision and ``GITMODELS_TRUST`` together."""
    if isinstance(trust, Trust):
        return trust
    if trust is not None:
        return Trust.all() if trust else Trust.nothing()
    known = repo.trusted.decision() if repo is not None else Trust.default()
    return known | from_setting(context.settings().trust)


def refuse_name_alone(uri: str | os.PathLike[str]) -> None:
    """A program says which version it means, as in MLflow; a person at a prompt may mean the newest."""
    ref = parse_uri(str(uri))
    if isinstance(ref, ModelRef) and str(ref) == ref.name:
        raise Invalid(
            f"Not a proper models:/ URI: {uri}. Models URIs must be of the form 'models:/name/suffix' or "
            "'models:/name@alias' where suffix is a version, stage, or the string 'latest' and where alias "
            "is a registered model alias. Only one of suffix or alias can be defined at a time.",
            hint=f"{ref.uri}/latest is the newest version",
        )


def _open_path(path: Path, dst_path: str | os.PathLike[str] | None) -> Opened:
    if not path.is_dir():
        raise FileMissing(f"no model directory at {str(path)!r}", hint="name a directory, runs:/ or models:/")
    if dst_path is not None:
        path = _copied(path, Path(dst_path))
    if code_execution(path) == "none":
        return Opened(path, Subject(str(path)))
    # Only a model that could run code is worth the reading: was it saved here by this user?
    manifest = digest_of_directory(path)
    return Opened(path, Subject(str(path), digest.parse(manifest), local=Saved(context.settings().state).has(manifest)))


def _copied(path: Path, target: Path) -> Path:
    """A copy of a model directory at ``target``; what is loaded, and judged, is the copy."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise AlreadyExists(f"dst_path exists and is not an empty folder: {str(target)!r}")
    shutil.copytree(path, target, dirs_exist_ok=True)
    return target


@contextmanager
def _way_out(opened: Opened) -> Iterator[None]:
    """Says with a refusal how this very model is allowed to run."""
    try:
        yield
    except Untrusted as error:
        error.hint = opened.trusting
        raise


def digest_of_directory(path: Path) -> digest.Digest:
    """The manifest digest of a directory that is in no store."""
    from gitmodels.objects.scan import scan_directory

    return scan_directory(path).digest
