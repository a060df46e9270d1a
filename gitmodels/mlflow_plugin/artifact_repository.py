"""The files of registered versions as an artifact repository of MLflow's: copies, verified, never to be written.

MLflow writes into folders that it loads from, so it never gets a file of the store. A version's files cannot be logged
to or deleted: a version is what it was when it was registered.
"""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow.entities import FileInfo
from mlflow.store.artifact.artifact_repo import ArtifactRepository

from gitmodels.mlflow_plugin.failures import translated, unsupported
from gitmodels.mlflow_plugin.opened import Opened, opened_at, parse_version_uri

if TYPE_CHECKING:
    from gitmodels.repo import Repo


class GitModelsArtifactRepository(ArtifactRepository):  # type: ignore[misc]
    """The files at ``artifact_uri``: ``gitmodels:///path/-/<model>/<version>``, or a folder above or below that."""

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        self._at = artifact_uri.rstrip("/")

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Raise MlflowException: a version never changes."""
        raise unsupported("a registered version never changes: register the new files as its next version")

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Raise MlflowException: a version never changes."""
        self.log_artifact(local_dir, artifact_path)

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Raise MlflowException: a version never changes."""
        raise unsupported("a registered version never changes: delete_model_version marks it as deleted")

    def list_artifacts(self, path: str | None = None) -> list[Any]:
        """What lies right below ``path``; nothing below a file."""
        from gitmodels.api.artifacts import listing

        opened, name, number, inner = self._named(path)
        asked = (path or "").strip("/")
        # Paths count from where this repository is: above the version's files, or below.
        more, less = asked[: max(len(asked) - len(inner), 0)], inner[: max(len(inner) - len(asked), 0)]
        with translated(), opened.reading() as repo:
            infos = listing(_manifest(repo, name, number).entries, inner)
            return [FileInfo(more + info.path[len(less) :].lstrip("/"), info.is_dir, info.file_size) for info in infos]

    def download_artifacts(self, artifact_path: str, dst_path: str | None = None) -> str:
        """Copy a file, or a folder with all it holds, to ``dst_path`` or a new temporary folder; where it is then."""
        from gitmodels.api import artifacts

        opened, name, number, inner = self._named(artifact_path)
        with translated(), opened.reading() as repo:
            target = Path(dst_path) if dst_path else Path(tempfile.mkdtemp(prefix="gitmodels-mlflow-"))
            if not inner and _is_empty(target):
                repo.store.checkout(_manifest(repo, name, number), target)
                return str(target)
            return artifacts.download(repo, f"models:/{name}/{number}" + (f"/{inner}" if inner else ""), target)

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(local_path))) as folder:
            os.replace(self.download_artifacts(remote_file_path, folder), local_path)

    def _named(self, path: str | None) -> tuple[Opened, str, int, str]:
        with translated():
            place, name, number, inner = parse_version_uri(f"{self._at}/{path}" if path else self._at)
            return opened_at(place.uri), name, number, inner


def _manifest(repo: "Repo", name: str, number: int) -> Any:
    from gitmodels.api import content

    state = repo.registry.state()
    return content.of_version(repo, state.version(name, number), f"models:/{name}/{number}").manifest


def _is_empty(folder: Path) -> bool:
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
