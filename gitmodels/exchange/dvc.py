"""DVC: what a repository's artifacts or its ``.dvc`` files stand for, from DVC's cache, as versions.

Without names every artifact of ``dvc.yaml`` that is a model becomes a version of its own name. With one name it is the
artifact of that name, or whatever ``--path`` chooses. Every byte is proven by its MD5; nothing is fetched or executed.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from gitmodels.errors import FileMissing, Invalid
from gitmodels.exchange import revision
from gitmodels.exchange.bringing import Arrival, bring, one_name, only
from gitmodels.exchange.dvc_files import Artifact
from gitmodels.exchange.dvc_project import Project, is_below
from gitmodels.exchange.gathering import Gathering, Piece
from gitmodels.exchange.plan import LEFT_OUT, Choice, Step
from gitmodels.exchange.revision import is_chosen
from gitmodels.repo import Repo
from gitmodels.values import replace

MODEL = "model"


def read_dvc(location: str, repo: Repo, choice: Choice) -> Iterator[Step]:
    """Bring what DVC keeps at ``location`` (``PATH`` or ``PATH#REV``): artifacts by name, or paths under one name.

    Raises FileMissing for bytes that are not in the cache, Corrupt for others than their MD5 says, Invalid and
    InvalidYaml for files of DVC's that are none.
    """
    only(choice, "paths")
    found = revision.opened(location)
    project = Project.around(found, found.folder)
    # Whoever says where it lies need not have a dvc.yaml that can be read.
    named = [] if choice.paths else [each for each in project.artifacts if is_below(each.said_in, found.folder)]
    artifacts = {artifact.name: artifact for artifact in named}
    if choice.paths or (choice.models and not set(choice.models) <= set(artifacts)):
        yield from _paths(project, repo, choice)
        return
    if not artifacts:
        raise FileMissing(
            f"no dvc.yaml at {found.commit[:10]} names artifacts", hint="--model NAME brings all that DVC keeps as NAME"
        )
    if len(artifacts) != len(named):
        raise Invalid("two artifacts have the same name", hint="name the folder of one: dvc:REPOSITORY/FOLDER")
    for name, artifact in artifacts.items():
        if name not in choice.models and (choice.models or artifact.kind not in (None, MODEL)):
            if not choice.models:
                yield Step(LEFT_OUT, name, None, f"a {artifact.kind}; --model {name} brings it", False)
            continue
        pieces = project.files_at(artifact.path)
        yield from bring(repo, choice, _arrival(project, artifact.name, pieces, artifact))


def tags_of(artifact: Artifact) -> Mapping[str, str]:
    """What DVC says of an artifact, as tags: its path, its type, its labels and what else is plain."""
    tags = {"dvc.path": artifact.path, "dvc.type": artifact.kind or "", "dvc.labels": ", ".join(artifact.labels)}
    for key, value in artifact.meta.items():
        if isinstance(value, str | int | float):
            tags[f"dvc.meta.{key}"] = str(value)
    return {key: value for key, value in tags.items() if value}


def _paths(project: Project, repo: Repo, choice: Choice) -> Iterator[Step]:
    """Everything that DVC keeps at the chosen paths, as one version."""
    name = one_name(choice)
    there = (path for path in project.outs if is_below(path, project.found.folder))
    outs = sorted(path for path in there if is_chosen(path, choice.paths))
    if not outs:
        # A folder of git's, or a path inside a folder of DVC's.
        pieces = tuple(piece for path in choice.paths for piece in project.files_at(path.rstrip("/")))
        if not pieces:
            raise FileMissing(
                f"DVC keeps nothing at {project.found.commit[:10]}", hint="dvc list --dvc-only . tells what"
            )
    elif len(outs) == 1:
        pieces = project.files_at(outs[0])
    else:
        folder = revision.common_folder(outs)
        pieces = tuple(_moved(piece, path, folder) for path in outs for piece in project.files_at(path))
    artifact = Artifact(name, ", ".join(outs or choice.paths), "")
    yield from bring(repo, choice, _arrival(project, name, pieces, artifact))


def _moved(piece: Piece, path: str, folder: str) -> Piece:
    """``piece`` of what lies at ``path``, as it lies in ``folder``."""
    inner = path[len(folder) + 1 :] if folder else path
    is_file = piece.path == posixpath.basename(path) and piece.shown == path
    return replace(piece, path=inner if is_file else posixpath.join(inner, piece.path))


def _arrival(project: Project, name: str, pieces: Sequence[Piece], artifact: Artifact) -> Arrival:
    found = project.found
    return Arrival(
        name=name,
        source=f"dvc:{found.origin}",
        bytes=Gathering(tuple(pieces)),
        text=f"{artifact.path[:200]} of {found.commit[:10]}",
        description=artifact.description,
        tags=tags_of(artifact),
        code=found.code,
    )
