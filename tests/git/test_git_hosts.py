"""From the address of a repository to the page and the command that open a pull request there."""

import shlex

import pytest

from gitmodels.git import hosts
from gitmodels.git.hosts import Project, Request

REQUEST = Request("promote/fraud-8-prod", "gitmodels", "promote fraud", "it's better\n$(touch x)")


@pytest.mark.parametrize(
    ("address", "kind", "host", "path"),
    [
        ("https://github.com/team/models.git", "github", "github.com", "team/models"),
        ("git@github.com:team/models", "github", "github.com", "team/models"),
        ("ssh://git@github.example.org:2222/team/models.git", "github", "github.example.org", "team/models"),
        ("https://gitlab.example.org:8443/a/b/c.git", "gitlab", "gitlab.example.org:8443", "a/b/c"),
        ("https://codeberg.org/ana/models", "gitea", "codeberg.org", "ana/models"),
        ("git@bitbucket.org:team/models.git", "bitbucket", "bitbucket.org", "team/models"),
    ],
)
def test_a_known_host_is_told_from_its_address(address: str, kind: str, host: str, path: str) -> None:
    assert hosts.project(address) == Project(kind, host, path)


@pytest.mark.parametrize(
    "address",
    [
        "/srv/github.com/models.git",
        "file:///srv/github.com/team/models.git",
        "https://git.example.org/team/models.git",
        "server:models.git",
        "https://github.com/--flag/x",
        "https://github.com/team/mo$(x)dels",
        "https://github.com/models",
        "",
    ],
)
def test_what_is_no_project_of_a_known_host_is_none(address: str) -> None:
    assert hosts.project(address) is None


def test_the_kind_of_a_host_of_ones_own_can_be_said() -> None:
    assert hosts.project("https://git.example.org/team/models.git", "gitlab") == Project(
        "gitlab", "git.example.org", "team/models"
    )
    assert hosts.project("https://git.example.org/team/models.git", "sourcehut") is None


def test_case_103_each_command_is_a_list_of_words_and_survives_a_shell() -> None:
    for kind in ("github", "gitlab"):
        command = hosts.command(Project(kind, f"{kind}.com", "team/models"), REQUEST)
        assert command is not None
        assert REQUEST.body in command
        assert shlex.split(shlex.join(command)) == command
    assert hosts.command(Project("gitea", "codeberg.org", "a/b"), REQUEST) is None


def test_every_kind_has_a_page() -> None:
    pages = {kind: hosts.page(Project(kind, "h.org", "t/m"), REQUEST) for kind in hosts.KINDS}
    assert pages == {
        "github": "https://h.org/t/m/compare/gitmodels...promote/fraud-8-prod?expand=1",
        "gitlab": "https://h.org/t/m/-/merge_requests/new?merge_request%5Bsource_branch%5D=promote%2Ffraud-8-prod"
        "&merge_request%5Btarget_branch%5D=gitmodels",
        "gitea": "https://h.org/t/m/compare/gitmodels...promote/fraud-8-prod",
        "bitbucket": "https://h.org/t/m/pull-requests/new?source=promote%2Ffraud-8-prod&dest=gitmodels",
    }
