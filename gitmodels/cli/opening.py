"""From the settings of a call to the repository it works on. This room knows settings and Repo, no command."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gitmodels.api import context
from gitmodels.cli.options import Call
from gitmodels.cli.params import FileOfModel
from gitmodels.errors import GitModelsError, RepositoryNotFound, Untrusted
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef


def opened(call: Call) -> Repo:
    """The repository of this call: ``--git-dir``, ``GITMODELS_REGISTRY``, or the one around the folder."""
    try:
        return context.open_repository(call.settings.registry, call.settings)
    except RepositoryNotFound as error:
        # The way out that Python has is none at a prompt.
        raise RepositoryNotFound(error.message, hint="git init, or name a repository with -C or --git-dir") from None


def looking(call: Call, ref: ModelRef | None = None) -> Repo:
    """The repository whose registry this call reads: that of ``opened``, or the one its ``.gitmodels.yaml`` names.

    A model that ``ref`` names by its id alone may have been logged here.
    """
    repo = opened(call)
    if call.settings.registry or call.settings.git_dir:
        return repo
    return context.of_ref(repo, ref, call.settings)


@contextmanager
def trust_as_option() -> Iterator[None]:
    """A refusal names the option that lets a model run, in the place of Python's argument."""
    try:
        yield
    except Untrusted as error:
        error.hint = error.hint.replace("trust=True", "--trust")
        raise


def suggestion(call: Call, error: GitModelsError, given: Iterable[object]) -> str:
    """What may have been meant by ``given``, the arguments of a command that ended in ``error``; or nothing."""
    from gitmodels.api import suggesting

    refs = (one.ref if isinstance(one, FileOfModel) else one for one in given)
    ref = next((one for one in refs if isinstance(one, ModelRef)), None)
    try:
        return suggesting.hint(opened(call).registry.existing_state(), error, ref)
    except GitModelsError:
        return ""
