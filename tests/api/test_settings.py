"""One frozen value from the environment."""

from pathlib import Path

import pytest

from gitmodels.api.settings import Settings

HOMELESS = {"state": Path("/.local/state"), "user_cache": Path("/.cache")}


def test_an_empty_environment_says_nothing() -> None:
    assert Settings.read({"HOME": ""}) == Settings(**HOMELESS)


def test_every_variable_lands_in_its_field() -> None:
    settings = Settings.read(
        {
            "GIT_DIR": "g",
            "GIT_WORK_TREE": "w",
            "GIT_INDEX_FILE": "i",
            "GIT_AUTHOR_NAME": "Ana",
            "GIT_AUTHOR_EMAIL": "ana@example.org",
            "GITMODELS_REGISTRY": "git+https://example.org/m.git",
            "GITMODELS_STORE": "s",
            "GITMODELS_CACHE": "c",
            "GITMODELS_TRUST": "1",
            "GITMODELS_STRICT_URI": "1",
            "XDG_STATE_HOME": "/x/state",
            "XDG_CACHE_HOME": "/x/cache",
            "HOME": "/h",
            "MLFLOW_TRACKING_URI": "http://server",
        }
    )
    assert settings == Settings(
        git_dir=Path("g"),
        work_tree=Path("w"),
        index_file=Path("i"),
        author_name="Ana",
        author_email="ana@example.org",
        registry="git+https://example.org/m.git",
        store=Path("s"),
        cache=Path("c"),
        trust="1",
        state=Path("/x/state"),
        user_cache=Path("/x/cache"),
        strict_uri=True,
        ignored=("MLFLOW_TRACKING_URI",),
    )


def test_an_empty_variable_counts_as_absent() -> None:
    names = ["GIT_DIR", "GIT_AUTHOR_NAME", "GITMODELS_REGISTRY", "GITMODELS_STRICT_URI", "MLFLOW_TRACKING_URI"]
    assert Settings.read(dict.fromkeys(names, "")) == Settings(**HOMELESS)


def test_state_is_kept_in_the_home_folder_unless_an_absolute_path_is_said() -> None:
    assert Settings.read({"HOME": "/h"}).state == Path("/h/.local/state")
    assert Settings.read({"HOME": "/h", "XDG_STATE_HOME": "state"}).state == Path("/h/.local/state")


def test_the_address_falls_back_to_email() -> None:
    assert Settings.read({"EMAIL": "a@b"}).author_email == "a@b"


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings().registry = "x"  # type: ignore[misc]
