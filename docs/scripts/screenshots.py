"""Draws docs/images/mlflow-*.png: MLflow's user interface on a registry in git, in a real Chromium.

.venv-plugin/bin/python docs/scripts/screenshots.py     needs chromium, and the environment that `make test` makes
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mlflow_plugin.inside import interface
from tests.mlflow_plugin.inside.browser import browser, chromium
from tests.mlflow_plugin.inside.serving import Server

SIZES = {"models": (1400, 400), "model": (1180, 720), "version": (1180, 720)}
IMAGES = Path(__file__).resolve().parents[1] / "images"


def main() -> int:
    if chromium() is None:
        print("no chromium here: apt-get install chromium", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["git", "init", "--quiet", "--bare", "registry.git"], cwd=folder, check=True)
        server = Server(folder, folder / "registry.git")
        try:
            interface.tell(server.wait(), folder / "told")
            with browser() as tab:
                for page in interface.PAGES:
                    tab.resize(*SIZES[page])
                    interface.read(tab, server, page)
                    (IMAGES / f"mlflow-{page}.png").write_bytes(tab.settled_picture())
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
