"""Makes the repositories that the tests read, with the tools that write such repositories.

    python -m venv TOOLS && TOOLS/bin/pip install 'dvc==3.67.1' 'gto==1.10.1'
    python tests/exchange/made/make.py TOOLS tests/exchange/made

writes ``dvc3.bundle`` and ``gto.bundle`` (git bundles) and beside them ``dvc3-cache/`` and ``gto-cache/``, which are
``.dvc/cache`` as DVC left it. ``dvc2`` is made with ``dvc==2.58.2 'dulwich<0.22' 'pathspec<0.12'`` and the word
``dvc2`` behind the two folders. The tests that are marked heavy call the functions of this module to make all anew.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ANA = {
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@example.org",
    "GIT_COMMITTER_NAME": "Ana",
    "GIT_COMMITTER_EMAIL": "ana@example.org",
}
QUIET = {"DVC_NO_ANALYTICS": "1", "DVC_STUDIO_OFFLINE": "1", "DVC_SITE_CACHE_DIR": "", "HOME": ""}

PROJECT = """\
stages:
  train:
    wdir: work
    cmd: python -c "import pathlib; pathlib.Path('trained.bin').write_bytes(bytes(range(256)))"
    outs:
    - trained.bin
artifacts:
  net:
    path: models/net.bin
    type: model
    desc: A net of two layers.
    labels:
    - vision
    - small
    meta:
      framework: none
  forest:
    path: models/forest
    type: model
  people:
    path: data.csv
    type: dataset
"""


class Tools:
    """The tools of one environment, working in one folder."""

    def __init__(self, environment: Path, folder: Path, home: Path) -> None:
        self._bin = environment / "bin"
        self.folder = folder
        own = {**QUIET, "HOME": str(home), "DVC_SITE_CACHE_DIR": str(home / "site")}
        self._environ = {**os.environ, **ANA, **own, "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}"}

    def __call__(self, *command: str) -> str:
        """Run a command of the environment, or of the system; what it prints."""
        found = self._bin / command[0]
        program = str(found) if found.exists() else command[0]
        done = subprocess.run(
            [program, *command[1:]], cwd=self.folder, env=self._environ, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def commit(self, message: str) -> str:
        """Commit everything; the commit's id."""
        self("git", "add", "--all")
        self("git", "commit", "--quiet", "-m", message)
        return self("git", "rev-parse", "HEAD").strip()


def started(environment: Path, folder: Path) -> Tools:
    """A new repository that DVC keeps files in."""
    folder.mkdir(parents=True)
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    tools = Tools(environment, folder, home)
    tools("git", "init", "--quiet", "--initial-branch=main")
    tools("dvc", "init", "--quiet")
    tools("dvc", "config", "core.analytics", "false")
    return tools


def dvc_project(tools: Tools) -> None:
    """Files, a folder, a stage and artifacts, in two commits; the second has another net."""
    folder = tools.folder
    (folder / "models" / "forest" / "sub").mkdir(parents=True)
    (folder / "work").mkdir()
    (folder / "models" / "net.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "models" / "config.json").write_text('{"layers": 2}\n')
    (folder / "models" / "forest" / "trees.bin").write_bytes(b"\0\1\2" * 300)
    # A text whose lines end as on Windows: its MD5 is another one before DVC 3.0.
    (folder / "models" / "forest" / "sub" / "labels.txt").write_bytes(b"yes\r\nno\r\n" * 20)
    (folder / "data.csv").write_text("a,b\n1,2\n")
    (folder / "dvc.yaml").write_text(PROJECT)
    tools("dvc", "add", "--quiet", "models/net.bin", "models/forest", "data.csv")
    tools("dvc", "repro", "--quiet")
    tools.commit("one")
    (folder / "models" / "net.bin").write_bytes(bytes(range(255, -1, -1)) * 4)
    tools("dvc", "add", "--quiet", "models/net.bin")
    tools.commit("two")


def gto_registry(tools: Tools) -> None:
    """Versions and stages of three artifacts: kept by DVC, kept by git, and one that was given up."""
    folder = tools.folder
    (folder / "nlp").mkdir()
    (folder / "nlp" / "words.txt").write_text("one\n")
    (folder / "nlp" / "dvc.yaml").write_text("artifacts:\n  words:\n    path: words.txt\n    type: model\n")
    (folder / "dvc.yaml").write_text(
        "artifacts:\n  fraud:\n    path: fraud.bin\n    type: model\n    desc: Finds what is odd.\n"
        "    labels:\n    - tabular\n  old:\n    path: old.txt\n    type: model\n"
    )
    (folder / "old.txt").write_text("old\n")
    for number, version in enumerate(("v0.9.0", "v0.10.0", "v1.0.0-rc.1", "v1.0.0", "v0.9.1")):
        (folder / "fraud.bin").write_bytes(bytes([number]) * 100)
        tools("dvc", "add", "--quiet", "fraud.bin")
        tools.commit(f"fraud {version}")
        if version == "v1.0.0":
            step(tools, "register", "fraud", "--version", version, "--message", "The first that counts")
        else:
            step(tools, "register", "fraud", "--version", version)
    step(tools, "assign", "fraud", "--version", "v0.9.0", "--stage", "prod")
    step(tools, "assign", "fraud", "--version", "v1.0.0", "--stage", "prod")
    step(tools, "assign", "fraud", "--version", "v0.10.0", "--stage", "production")
    step(tools, "assign", "fraud", "--version", "v1.0.0", "--stage", "dev")
    step(tools, "assign", "fraud", "--version", "v1.0.0-rc.1", "--stage", "staging")
    step(tools, "deprecate", "fraud", "v1.0.0-rc.1", "staging")
    step(tools, "deprecate", "fraud", "v0.9.1")
    step(tools, "register", "nlp:words", "--version", "v0.0.1")
    step(tools, "register", "old", "--version", "v0.0.1")
    step(tools, "deprecate", "old")


def step(tools: Tools, *command: str) -> None:
    """One command of GTO's, a second after the one before: its times are whole seconds."""
    time.sleep(1.05)
    tools("gto", *command)


def shown(tools: Tools, name: str) -> dict[str, str]:
    """The version in each stage of an artifact, as ``gto show`` answers."""
    rows = json.loads(tools("gto", "show", name, "--json"))
    found: dict[str, str] = {}
    for row in rows:
        for stage in row["stages"]:
            found.setdefault(stage["stage"], row["version"])
    return found


def _keep(tools: Tools, out: Path, name: str) -> None:
    tools("git", "bundle", "create", "--quiet", str(out / f"{name}.bundle"), "--all")
    shutil.rmtree(out / f"{name}-cache", ignore_errors=True)
    shutil.copytree(tools.folder / ".dvc" / "cache", out / f"{name}-cache")
    for path in (out / f"{name}-cache").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def main(environment: str, out: str, what: str = "") -> None:
    """Write the fixtures."""
    target = Path(out).absolute()
    with tempfile.TemporaryDirectory() as folder:
        for name, fill in (("dvc2", dvc_project),) if what else (("dvc3", dvc_project), ("gto", gto_registry)):
            tools = started(Path(environment).absolute(), Path(folder, name, name))
            fill(tools)
            _keep(tools, target, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
