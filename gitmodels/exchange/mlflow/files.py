"""Where the files of a version in MLflow are, what is known of its run, and its files here for a while.

What a registry says of paths was written by whoever may register there, so it is believed only of places that belong
to the version's run or logged model, or that the user named; a path here that another machine tells of, only of the
latter. A spelling that leads elsewhere leads nowhere: see ``gitmodels.mlflow_plugin.sources``.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from gitmodels.errors import FileMissing, GitModelsError, Invalid, RemoteError
from gitmodels.exchange.mlflow.listing import Listed, listed
from gitmodels.exchange.mlflow.place import Place, is_missing, reaching
from gitmodels.mlflow_plugin import sources
from gitmodels.mlflow_plugin.lineage import Lineage, Tracking
from gitmodels.patterns import pattern
from gitmodels.uris import without_credentials

_OTHER_VERSION = pattern(r"models:/+(?P<name>[^/]+)/(?P<number>[1-9][0-9]{0,14})")
_RUN = pattern(r"runs:/+(?P<run>[^/]+)(?:/(?P<path>.+))?")
_LOGGED = pattern(r"/models/(?P<id>m-[0-9a-f]{32})/artifacts/?$")
# Nobody copies a version of a copy as often as this.
_HOPS = 8


class Files:
    """The files and the lineage of the versions at ``place``; ``allowed`` are places that the user named."""

    def __init__(self, place: Place, allowed: Iterable[str] = ()) -> None:
        self._place = place
        self._allowed = [os.path.abspath(each) if sources.is_local(each) else each for each in allowed]
        self._tracking = Tracking(place.uri)

    def look_up(self, versions: Iterable[Listed]) -> None:
        """Ask for what is known of the runs and logged models of many versions at once. Raises RemoteError."""
        found = list(versions)
        runs = (version.run_id for version in found if version.run_id)
        with reaching(f"cannot ask for the runs at {self._place.shown}"):
            self._tracking.look_up(runs, (version.model_id for version in found if version.model_id))

    def lineage(self, version: Listed) -> Lineage:
        """What is known of where the version comes from; of a run that is gone only its id. Raises RemoteError."""
        with reaching(f"{told(version)}: cannot ask for its run at {self._place.shown}"):
            try:
                if version.model_id is not None:
                    return self._tracking.of_both(version.model_id, version.run_id)
                if version.run_id is not None:
                    return self._tracking.of_run(version.run_id)
            except Exception as error:
                if not is_missing(error):
                    raise
                return self._without(version)
        return Lineage()

    @contextlib.contextmanager
    def here(self, version: Listed, lineage: Lineage) -> Iterator[Path]:
        """The version's folder or file, here for the block.

        Raises Invalid for a place that is not to be believed, FileMissing or RemoteError for one that is not there.
        """
        location, roots = self._located(version, lineage)
        shown = without_credentials(location)[:200]
        way = f"bring its files back and run it again, or leave it out: --without {version.name}/{version.number}"
        with contextlib.ExitStack() as stack:
            try:
                sources.check_spelling(location)
                root = sources.root_of(location, roots)
                if root is None:
                    raise Invalid(
                        f"its files are said to be at {shown!r}, which belongs to no run or logged model of its",
                        hint=f"if whoever registered it is to be believed: --allow {shown}",
                    )
                if sources.is_local(location):
                    path = sources.inside(location, root)
                else:
                    path = stack.enter_context(sources.brought(location, self._place.uri))
            except FileMissing:
                raise FileMissing(f"{told(version)}: its files are not at {shown!r}", hint=way) from None
            except Invalid as error:
                raise Invalid(f"{told(version)}: {error.message}", hint=error.hint or way) from error
            except GitModelsError as error:
                raise RemoteError(f"{told(version)}: {error.message}", hint=way) from error
            yield path

    def _is_logged(self, model_id: str, location: str) -> bool:
        """Whether MLflow keeps a logged model of that id there."""
        try:
            return bool(self._tracking.of_model(model_id, None).location == location)
        except Exception as error:
            if not is_missing(error):
                raise
            return False

    def _without(self, version: Listed) -> Lineage:
        """What is known where the logged model or the run is gone."""
        if version.model_id is not None and version.run_id is not None:
            with contextlib.suppress(Exception):
                return self._tracking.of_run(version.run_id)
        return Lineage(version.run_id, run={"id": version.run_id} if version.run_id else {})

    def _located(self, version: Listed, lineage: Lineage) -> tuple[str, list[str]]:
        """Where the files are, and what may hold them."""
        roots = list(lineage.roots)
        with reaching(f"{told(version)}: cannot ask where its files are"):
            client = self._place.client
            location = version.location or client.get_model_version_download_uri(version.name, str(version.number))
            for _ in range(_HOPS):
                other = _OTHER_VERSION.fullmatch(version.source)
                if other is None:
                    break
                # A copy is of the run of what was copied; that may have been made of a logged model.
                version = listed(client.get_model_version(other["name"], other["number"]))
                roots += self.lineage(version).roots
            for _ in range(_HOPS):
                other = _OTHER_VERSION.fullmatch(location)
                if other is None:
                    break
                location = client.get_model_version_download_uri(other["name"], other["number"])
            run = _RUN.fullmatch(location)
            if run is not None:
                top = client.get_run(run["run"]).info.artifact_uri.rstrip("/")
                location, roots = f"{top}/{run['path']}" if run["path"] else top, [*roots, top]
            owner = _LOGGED.search(location)
            if run is None and owner is not None and self._is_logged(owner["id"], location):
                # What was handed out from here says of its source what it said before; its files are a logged model's.
                roots.append(location)
            elif location.lower().startswith("models:") and lineage.location:
                location = lineage.location
        if self._place.is_far:
            roots = [root for root in roots if not sources.is_local(root)]
        return location, roots + self._allowed


def told(version: Listed) -> str:
    """The version, in words."""
    return f"{version.name} v{version.number}"
