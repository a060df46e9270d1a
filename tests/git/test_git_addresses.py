"""Which addresses git is given: those that name a server or a folder, none that name a program or an option."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels.errors import Invalid, RemoteNotFound
from gitmodels.git import addresses
from gitmodels.git.repository import GitRepository

GOOD = [
    "https://example.org/team/models.git",
    "https://ann@example.org:8443/models",
    "http://127.0.0.1:8080/git/x.git",
    "ssh://git@example.org:2222/~/models.git",
    "git://example.org/models.git",
    "file:///srv/git/models.git",
    "HTTPS://EXAMPLE.ORG/x",
    "git@example.org:team/models.git",
    "example.org:models.git",
    "[::1]:models.git",
    "/srv/git/models.git",
    "../models.git",
    "./a:b/models.git",
    "/srv/with space/models.git",
]
# REVIEW 75: what git or ssh would run, or take for an option.
BAD = [
    "",
    "-",
    "--upload-pack=touch x",
    "-oProxyCommand=x",
    "ext::sh -c touch% x",
    "EXT::sh -c x",
    "fd::17",
    "a1.b-c+d::x",
    "https::https://example.org/x",
    "ftp://example.org/x",
    "javascript://x",
    "ssh://-oProxyCommand=touch%20x/y",
    "ssh://%2doProxyCommand=x/y",
    "ssh://-o@example.org/x",
    "ssh://example.org/-x",
    "-oProxyCommand=x:path",
    "git@-oProxyCommand=x:path",
    "git@example.org:-x",
    "https:///x",
    "https://example.org/a\nb",
    "https://example.org/a%0ahost=evil.example",
    "https://example.org%0d/x",
    "git://example.org/a%00b",
    "example.org:a\x1b[2J",
    "/srv/git\n/x",
    "/" + "x" * 5000,
]


@pytest.mark.parametrize("address", GOOD)
def test_addresses_that_git_is_given(address: str) -> None:
    assert addresses.check_address(address) == address


@pytest.mark.parametrize("address", BAD)
def test_addresses_that_git_is_never_given(address: str) -> None:
    with pytest.raises(Invalid, match="not an address to fetch from") as raised:
        addresses.check_address(address)
    assert "https://" in raised.value.hint
    assert "\n" not in raised.value.message
    assert "\x1b" not in raised.value.message


@given(st.text(max_size=40) | st.from_regex(r"-?[a-z+]{0,5}(::|://|:|@)-?[a-z@:/%-]{0,12}", fullmatch=True))
def test_whatever_is_accepted_names_no_program_and_no_option(address: str) -> None:
    try:
        assert addresses.check_address(address) == address
    except Invalid:
        return
    assert not address.startswith("-")
    # As git looks for the program to fetch with, and ssh for options.
    assert not re.match(r"[A-Za-z0-9][A-Za-z0-9+.-]*::", address)
    if "://" not in address and "/" not in address.partition(":")[0] and ":" in address:
        host = address.partition(":")[0].rpartition("@")[2]
        assert host
        assert not host.startswith("-")


def test_a_refused_address_keeps_its_password_to_itself() -> None:
    with pytest.raises(Invalid) as raised:
        addresses.check_address("ftp://ann:secret@example.org/x")
    assert "secret" not in raised.value.message


def test_a_name_is_a_remote_only_where_it_is_configured(git_repo: Path) -> None:
    repo = GitRepository.open(git_repo)
    with pytest.raises(RemoteNotFound, match="no remote 'origin'"):
        addresses.find(repo, "origin")
    repo.set_config("remote.origin.url", "https://example.org/x")
    assert addresses.find(repo, "origin") == "origin"
    assert addresses.find(repo, "https://example.org/y") == "https://example.org/y"
    assert addresses.find(repo, "team/models.git") == "team/models.git"
    with pytest.raises(Invalid):
        addresses.find(repo, "ext::sh -c x")
