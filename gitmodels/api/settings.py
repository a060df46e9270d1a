"""What the environment says, read once into one frozen value.

The only reader of environment variables below the adapters: the fluent interface calls ``Settings.read(os.environ)``,
the command line the same and lays its options over it. This room knows the variables, not what is done with them.
"""

from collections.abc import Mapping
from pathlib import Path

from gitmodels.values import frozen

# MLflow's own variables that would name a server: they are not used, and that is said once.
IGNORED = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
# Where object storage is, when it is not the cloud's own: obstore reads the same variables.
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT")


@frozen
class Settings:
    """Where to work and as whom. None means: nothing was said, look for it.

    ``git_dir`` and ``work_tree`` are git's; ``index_file`` is set inside a commit hook, where the index to judge is
    not the repository's own. ``registry`` is a path or URL, ``trust`` what ``git models trust`` would be told.
    ``experiment_*`` and ``run_id`` are MLflow's variables for the experiment of new runs and the run to go on with.
    ``state`` is the user's own folder for what is neither configuration nor cache, ``user_cache`` that for caches;
    ``ignored`` names variables that are set and have no effect here. ``plain_storage`` is whether object storage is
    reached over plain http.
    """

    git_dir: Path | None = None
    work_tree: Path | None = None
    index_file: Path | None = None
    author_name: str | None = None
    author_email: str | None = None
    registry: str | None = None
    store: Path | None = None
    cache: Path | None = None
    trust: str | None = None
    state: Path = Path("~/.local/state")
    user_cache: Path = Path("~/.cache")
    strict_uri: bool = False
    experiment_name: str | None = None
    experiment_id: str | None = None
    run_id: str | None = None
    ignored: tuple[str, ...] = ()
    plain_storage: bool = False

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings that ``environment`` (``os.environ``) holds. An empty variable counts as absent, as in git.

        >>> Settings.read({"GITMODELS_REGISTRY": "/srv/models.git", "GIT_DIR": ""}).registry
        '/srv/models.git'
        """
        return cls(
            git_dir=_path(environment, "GIT_DIR"),
            work_tree=_path(environment, "GIT_WORK_TREE"),
            index_file=_path(environment, "GIT_INDEX_FILE"),
            author_name=environment.get("GIT_AUTHOR_NAME") or None,
            author_email=environment.get("GIT_AUTHOR_EMAIL") or environment.get("EMAIL") or None,
            registry=environment.get("GITMODELS_REGISTRY") or None,
            store=_path(environment, "GITMODELS_STORE"),
            cache=_path(environment, "GITMODELS_CACHE"),
            trust=environment.get("GITMODELS_TRUST") or None,
            state=_own(environment, "XDG_STATE_HOME", ".local/state"),
            user_cache=_own(environment, "XDG_CACHE_HOME", ".cache"),
            experiment_name=environment.get("MLFLOW_EXPERIMENT_NAME") or None,
            experiment_id=environment.get("MLFLOW_EXPERIMENT_ID") or None,
            run_id=environment.get("MLFLOW_RUN_ID") or None,
            strict_uri=environment.get("GITMODELS_STRICT_URI", "") not in ("", "0"),
            plain_storage=_plain_storage(environment),
            ignored=tuple(name for name in IGNORED if environment.get(name)),
        )


def _plain_storage(environment: Mapping[str, str]) -> bool:
    """Whether the endpoint of object storage is a server of one's own that speaks plain http."""
    named = next((environment[name] for name in ENDPOINTS if environment.get(name)), "")
    return named.startswith("http://") or environment.get("AZURE_STORAGE_USE_EMULATOR", "").lower() in ("1", "true")


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    return Path(value) if value else None


def _own(environment: Mapping[str, str], name: str, default: str) -> Path:
    """A folder of the user's own, as XDG has it: what ``name`` says, or ``default`` in the home folder."""
    configured = environment.get(name, "")
    home = environment.get("HOME") or "/"
    return Path(configured) if configured.startswith("/") else Path(home, default)
