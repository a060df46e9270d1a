"""Writing or checking files that come from the code; shared by the scripts of this folder."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def settle(pages: dict[str, str], script: str) -> int:
    """Write ``pages`` (path from the root -> text); with ``--check`` only say which differ. The exit code."""
    stale = [path for path, text in pages.items() if _current(path) != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            sys.stderr.write(f"{path} is not what the code says: run python docs/scripts/{script}\n")
        return 1 if stale else 0
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(pages[path], encoding="utf-8")
        sys.stdout.write(f"wrote {path}\n")
    return 0


def _current(path: str) -> str | None:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.is_file() else None
