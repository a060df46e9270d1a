"""From the settings of a call to the repository it works on. This room knows settings and Repo, no command."""

from gitmodels.api import context
from gitmodels.cli.options import Call
from gitmodels.repo import Repo


def opened(call: Call) -> Repo:
    """The repository of this call: ``GITMODELS_REGISTRY``, ``--git-dir``, or the one around the folder."""
    return context.open_repository(call.settings.registry, call.settings)
