"""Packs and registries on git remotes, over file:// so that the server's work counts: pushed, fetched, looked into."""

import os
import subprocess
from pathlib import Path

from measure import Row, Sides, Spent, asked, in_turn, process, row
from storage_files import workplace

SIDE = Path(__file__).parent / "sides" / "git_remotes.py"
ROUNDS = 3
SIZE = 64 << 20
MODELS, VERSIONS = 10_000, 10
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
WHO = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in (("NAME", "a"), ("EMAIL", "a"))}


def bench_pack_on_a_git_remote(sides: Sides) -> list[Row]:
    """A pack of 64 MiB pushed to a git remote and fetched again; git does the same with one file."""
    with workplace() as folder:
        (folder / "pack").write_bytes(os.urandom(SIZE))
        sent = in_turn({"git": lambda: _git_push(folder), "ours": lambda: _ours(sides, folder, "push")}, ROUNDS)
        got = in_turn({"git": lambda: _git_fetch(folder), "ours": lambda: _ours(sides, folder, "fetch")}, ROUNDS)
        rows = []
        for what, spent, share in (("push", sent, 0.4), ("fetch", got, 0.6)):
            cpu = {name: each.cpu for name, each in spent.items()}
            rows.append(row(f"{what} 64 MiB, git remote: CPU of both ends", cpu, "s", share * cpu.get("git", 1)))
        return rows


def bench_alias_of_a_large_registry(sides: Sides) -> list[Row]:
    """An alias and its version out of 10,000 models x 10 versions, into an empty cache; git clones the branch."""
    with workplace() as folder:
        asked(sides.ours, SIDE, "registry", folder, MODELS, VERSIONS)
        address = f"file://{folder}/registry.git"
        spent = in_turn(
            {
                "git": lambda: _git_clone(folder, address),
                "ours": lambda: _ours(sides, folder, "alias", address, "model-77"),
            },
            ROUNDS,
        )
        what = "an alias of 100,000 versions, empty cache"
        size = {name: each.own["bytes"] for name, each in spent.items()}
        return [
            row(f"{what}: wall", {name: each.wall for name, each in spent.items()}, "s", 1.0),
            row(f"{what}: git data", size, "B", 200_000),
        ]


def _ours(sides: Sides, folder: Path, verb: str, *arguments: str) -> Spent:
    if verb == "push":
        _fresh(folder, "ours")
    figures = asked(sides.ours, SIDE, verb, folder, *arguments)
    return Spent(figures["wall"], figures["cpu"], 0, figures)


def _git_push(folder: Path) -> Spent:
    """What a user of git does: add the file, commit, push."""
    _fresh(folder, "git")
    (folder / "git" / "pack").hardlink_to(folder / "pack")
    commands = (
        ["add", "pack"],
        ["commit", "--quiet", "-m", "x"],
        ["push", "--quiet", f"file://{folder}/git.git", "HEAD"],
    )
    each = [_run(folder / "git", *command) for command in commands]
    return Spent(sum(one.wall for one in each), sum(one.cpu for one in each))


def _git_fetch(folder: Path) -> Spent:
    _fresh(folder, "got", server=False)
    return _run(folder / "got", "fetch", "--quiet", f"file://{folder}/git.git", "HEAD")


def _git_clone(folder: Path, address: str) -> Spent:
    """The least that stock git offers: one commit, and no file before it is asked for."""
    target = folder / "clone.git"
    process(["rm", "-rf", str(target)])
    spent = _run(
        folder,
        "clone",
        "--quiet",
        "--bare",
        "--depth=1",
        "--filter=blob:none",
        "--branch=gitmodels",
        address,
        str(target),
    )
    size = sum(path.stat().st_size for path in (target / "objects").rglob("*.pack"))
    return Spent(spent.wall, spent.cpu, 0, {"bytes": size})


def _fresh(folder: Path, name: str, *, server: bool = True) -> None:
    process(["rm", "-rf", str(folder / name), str(folder / f"{name}.git")])
    subprocess.run(["git", "init", "--quiet", str(folder / name)], check=True, env={**os.environ, **QUIET})
    if server:
        subprocess.run(["git", "init", "--quiet", "--bare", str(folder / f"{name}.git")], check=True)


def _run(folder: Path, *arguments: str) -> Spent:
    return process(["git", *arguments], cwd=folder, env={**os.environ, **QUIET, **WHO})
