"""What a client is bound to: one repository, named by a URI, or whichever is in force."""

from gitmodels.api import context
from gitmodels.repo import Repo


class Bound:
    """The base of every client: ``registry_uri`` or ``tracking_uri`` name its repository, else it is that in force."""

    def __init__(self, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        uri = registry_uri or tracking_uri
        self._bound = context.open_uri(uri) if uri is not None else None

    @property
    def _repo(self) -> Repo:
        return self._bound or context.repository()
