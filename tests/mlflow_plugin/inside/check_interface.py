"""The user interface of ``mlflow server`` shows what is registered in git, in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.mlflow_plugin.inside import interface
from tests.mlflow_plugin.inside.browser import Browser, browser, chromium
from tests.mlflow_plugin.inside.serving import Server

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(chromium() is None, reason="no chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, git: Any) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("interface")
    git("init", "--quiet", "--bare", "registry.git", cwd=folder)
    started = Server(folder, folder / "registry.git")
    try:
        interface.tell(started.wait(), folder / "told")
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("page", interface.PAGES)
def test_a_browser_shows_names_versions_and_aliases(server: Server, tab: Browser, page: str) -> None:
    seen = interface.read(tab, server, page)
    assert [word for word in interface.PAGES[page][1] if word not in seen] == []
    assert tab.picture().startswith(b"\x89PNG\r\n")


def test_what_changes_in_git_is_seen_when_the_page_is_loaded_again(server: Server, tab: Browser) -> None:
    interface.read(tab, server, "model")
    server.client().set_registered_model_alias("fraud", "runner-up", "1")
    interface.read(tab, server, "model")
    assert "runner-up" in tab.wait_for("runner-up")
    server.client().delete_registered_model_alias("fraud", "runner-up")
