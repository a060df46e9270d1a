"""Trust by approval: what a published alias points at may run code, and nothing that only looks like it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.api import context
from gitmodels.errors import Invalid, Untrusted
from gitmodels.mlmodel.trust import Trust
from gitmodels.repo import Repo

Git = Callable[..., str]
pytestmark = pytest.mark.filterwarnings("ignore:.*pickle.*")


@pytest.fixture
def published(here: Path, classifier: Any, iris: tuple[Any, Any], tmp_path: Path, git: Git) -> Path:
    """Two pickles of ``fraud``, the first is champion, in a bare repository that others fetch from."""
    for iterations in (200, 201):
        classifier = type(classifier)(max_iter=iterations).fit(*iris)
        gitmodels.sklearn.log_model(
            classifier, name="m", serialization_format="cloudpickle", registered_model_name="fraud"
        )
    gitmodels.MlflowClient().set_registered_model_alias("fraud", "champion", 1)
    git("clone", "-q", "--bare", str(here), "server.git", cwd=tmp_path)
    git("remote", "add", "origin", str(tmp_path / "server.git"), cwd=here)
    git("fetch", "-q", "origin", "+gitmodels:refs/remotes/origin/gitmodels", cwd=here)
    # Another clone's store has the bytes, but nothing of it was logged there.
    (here / ".git/gitmodels/trusted").unlink()
    return here


def load(uri: str, **how: Any) -> Any:
    return gitmodels.sklearn.load_model(uri, **how)


def test_what_a_published_alias_points_at_loads_by_every_name(published: Path) -> None:
    with pytest.raises(Untrusted):
        load("models:/fraud@champion")
    Repo.open(published).trusted.set_level("approved", ["champion"])
    context._opened.clear()
    load("models:/fraud@champion")
    load("models:/fraud/1")


def test_other_versions_stay_refused_and_the_refusal_says_why(published: Path) -> None:
    Repo.open(published).trusted.set_level("approved", ["champion", "prod"])
    with pytest.raises(Untrusted) as caught:
        load("models:/fraud/2")
    assert caught.value.hint.endswith("; approved is what champion, prod points at where it was published")


def test_an_alias_that_was_moved_here_approves_nothing(published: Path) -> None:
    Repo.open(published).trusted.set_level("approved", ["champion"])
    gitmodels.MlflowClient().set_registered_model_alias("fraud", "champion", 2)
    with pytest.raises(Untrusted):
        load("models:/fraud@champion")
    # Until it is fetched, what was approved is what was published.
    load("models:/fraud/1")


def test_an_alias_that_nobody_named_approves_nothing(published: Path) -> None:
    Repo.open(published).trusted.set_level("approved", ["prod"])
    with pytest.raises(Untrusted):
        load("models:/fraud@champion")


def test_without_a_remote_nothing_is_approved(published: Path, git: Git) -> None:
    git("update-ref", "-d", "refs/remotes/origin/gitmodels", cwd=published)
    Repo.open(published).trusted.set_level("approved", ["champion"])
    with pytest.raises(Untrusted):
        load("models:/fraud@champion")


def test_in_a_bare_repository_its_own_branch_counts(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / "server.git"
    monkeypatch.setenv("GITMODELS_REGISTRY", str(server))
    monkeypatch.setenv("GITMODELS_STORE", str(published / ".git/gitmodels"))
    with pytest.raises(Untrusted):
        load("models:/fraud@champion")
    Repo.open(server).trusted.set_level("approved", ["champion"])
    context._opened.clear()
    load("models:/fraud@champion")
    with pytest.raises(Untrusted):
        load("models:/fraud/2")


def test_one_load_may_trust_approved_models_too(published: Path) -> None:
    Repo.open(published).git.set_config("gitmodels.trustAliases", "champion")
    load("models:/fraud@champion", trust=Trust(approved=True))
    with pytest.raises(Untrusted):
        load("models:/fraud/2", trust=Trust(approved=True))


def test_the_variable_grants_approved_models(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Repo.open(published).git.set_config("gitmodels.trustAliases", "champion")
    monkeypatch.setenv("GITMODELS_TRUST", "approved")
    load("models:/fraud@champion")
    with pytest.raises(Untrusted):
        load("models:/fraud/2")
    monkeypatch.setenv("GITMODELS_TRUST", str(gitmodels.models.get_model_info("models:/fraud/2").model_id))
    with pytest.raises(Invalid, match="not a word of trust"):
        load("models:/fraud/2")
