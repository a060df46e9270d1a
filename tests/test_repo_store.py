from gitmodels.repo import Repo


def test_git_config_says_how_the_store_writes(git_repo, git):
    assert Repo.open(git_repo).store.chunking == "fixed"
    git("config", "gitmodels.chunking", "content", cwd=git_repo)
    assert Repo.open(git_repo).store.chunking == "content"
    git("config", "gitmodels.chunking", "another", cwd=git_repo)
    assert Repo.open(git_repo).store.chunking == "fixed"
