"""What git remotes cost: python git_remotes.py VERB FOLDER … prints figures as JSON. Run by our Python."""

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gitmodels.git import sparse
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.remotes.git import GitPacks

Figures = dict[str, float]
PACK = b"\1" * 32
REF = "refs/heads/gitmodels"
WORDS = [f"word{number}" for number in range(2000)]


def spent(work: Callable[[], object]) -> Figures:
    """Seconds of wall, and of CPU with all that was started and waited for: over file:// the server's too."""
    wall, cpu = time.perf_counter(), _cpu()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu}


def verb_push(folder: Path) -> Figures:
    """Put the pack in ``folder`` on a fresh remote."""
    import git  # noqa: F401 (not what is measured)

    packs = GitPacks(GitRepository.open(folder / "ours"), f"file://{folder}/ours.git")
    return spent(lambda: packs.put(PACK, folder / "pack", b"index" * 1000))


def verb_fetch(folder: Path) -> Figures:
    """Fetch that pack whole."""
    import git  # noqa: F401

    packs = GitPacks(GitRepository.open(folder / "ours"), f"file://{folder}/ours.git")
    target = folder / f"got-{time.time_ns()}"
    figures = spent(lambda: packs.save(PACK, target))
    target.unlink()
    return figures


def verb_registry(folder: Path, models: str, versions: str) -> Figures:
    """Make a registry of so many models and versions in ``folder``/registry.git."""
    path = folder / "registry.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "config", key, "true"], cwd=path, check=True)
    importing = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=path, stdin=subprocess.PIPE)
    assert importing.stdin is not None
    with importing.stdin as stream:
        head = f"commit {REF}\ncommitter a <a@example.org> 0 +0000\ndata 1\nx\n"
        stream.write(head.encode())
        for name, data in _files(int(models), int(versions)):
            stream.write(f"M 100644 inline {name}\ndata {len(data)}\n{data}\n".encode())
    if importing.wait():
        raise RuntimeError("git fast-import failed")
    return {"size": sum(each.stat().st_size for each in path.rglob("*.pack"))}


def verb_alias(folder: Path, address: str, model: str) -> Figures:
    """Read an alias and the version it points at into an empty cache; ``bytes`` of git's data that came."""
    import git  # noqa: F401

    cache = sparse.open_cache(folder / f"cache-{time.time_ns()}.git", address)
    figures = spent(lambda: _resolve(cache, model))
    packs = list((cache.common_dir / "objects").rglob("*.pack"))
    return figures | {"bytes": sum(each.stat().st_size for each in packs), "requests": len(packs)}


def _resolve(cache: GitRepository, model: str) -> None:
    alias = layout.alias_file(model, "champion")
    view = sparse.fetch_paths(cache, REF, [f"{layout.model_folder(model)}/", alias])
    target = (view.read(alias) or b"").decode().splitlines()[0].rpartition(" ")[2]
    version = layout.version_folder(model, int(target))
    view = sparse.fetch_paths(cache, REF, [f"{version}/", layout.meta_file(model, int(target))], commit=view.commit)
    if not view.read(f"{version}/manifest.yaml"):
        raise RuntimeError("the manifest did not come")


def _files(models: int, versions: int) -> Iterator[tuple[str, str]]:
    noise = random.Random(1)
    shared = {
        name: _text(noise, size) for name, size in (("MLmodel", 900), ("requirements.txt", 200), ("conda.yaml", 250))
    }
    yield "gitmodels.yaml", "format: 1\n"
    for number in range(models):
        model = f"model-{number}"
        yield layout.model_file(model), _text(noise, 120)
        yield layout.alias_file(model, "champion"), f"target: {model}@champion -> {versions}\n{_text(noise, 700)}"
        for version in range(1, versions + 1):
            folder = layout.version_folder(model, version)
            yield f"{folder}/version.yaml", _text(noise, 600)
            yield f"{folder}/manifest.yaml", _text(noise, 500)
            yield layout.meta_file(model, version), _text(noise, 60)
            for name, data in shared.items():
                yield f"{folder}/{name}", data


def _text(noise: random.Random, size: int) -> str:
    return f"digest: {noise.getrandbits(256):064x}\n" + " ".join(noise.choices(WORDS, k=size // 9)) + "\n"


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    verb, folder, *rest = sys.argv[1:]
    os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    print(json.dumps(globals()[f"verb_{verb}"](Path(folder), *rest)))


if __name__ == "__main__":
    main()
