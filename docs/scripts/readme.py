"""Run the blocks of the pages that are tours, one after the other as a reader would, and show what they print.

A tour is the blocks ``bash`` and ``python`` of a page. What a block prints stands in the block ``text`` behind it,
where there is one; its text is written by this script.

    python docs/scripts/readme.py [PAGE…]    run every tour, or those named, and write what differs
    python docs/scripts/readme.py --check    only say which differ; exit code 1 then

Ids, times, sizes, names of runs and numbers with a point differ from run to run and from machine to machine: they are
not compared.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pages import ROOT

TOURS = ("README.md", "docs/tutorial.md", "docs/guides/autologging.md", "docs/guides/custom-models.md")
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
# What marks the end of a block's output. Not a word any command prints.
MARK = "=-=-= end of block =-=-="

VARYING = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "TIME"),
    (r"\b(just now|\d+ (s|min|h|d|mo|y) ago)\b", "AGO"),
    (r"\b[0-9a-f]*\d[0-9a-f]*…", "ID"),
    (r"\b(m-)?(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b", "ID"),
    (r"\b\d{7,40}\b", "ID"),
    (r"(?<=size: )\d+", "SIZE"),
    (r"\b[a-z]+-[a-z]+-\d{1,3}\b", "RUN"),
    (r"\b\d+(\.\d+)? (B|kB|MB)\b", "SIZE"),
    (r"\b\d+(\.\d+)+(rc\d+|\.dev\d+)?\b", "NUMBER"),
    (r"[ \t─-]+", " "),
    (r" +$", ""),
]


def main() -> int:
    """Run all tours; the exit code."""
    named = [page for page in sys.argv[1:] if not page.startswith("-")]
    stale = [page for page in named or TOURS if settle(ROOT / page)]
    if "--check" not in sys.argv[1:]:
        sys.stdout.writelines(f"wrote {page}\n" for page in stale)
        return 0
    for page in stale:
        sys.stderr.write(f"{page} shows something else than what is printed: run python docs/scripts/readme.py\n")
    return 1 if stale else 0


def settle(page: Path) -> bool:
    """Write or compare what one page shows; whether it differed."""
    text = page.read_text(encoding="utf-8")
    outputs = iter(run([(match[1], match[2]) for match in BLOCK.finditer(text)]))

    def with_output(match: re.Match[str]) -> str:
        output = next(outputs)
        if match[3] is None or masked(match[3]) == masked(output):
            return match[0]
        return f"```{match[1]}\n{match[2]}```\n\n```text\n{output}```\n"

    renewed = BLOCK.sub(with_output, text)
    if renewed != text and "--check" not in sys.argv[1:]:
        page.write_text(renewed, encoding="utf-8")
    if renewed != text and "--check" in sys.argv[1:]:
        sys.stderr.write(difference(text, renewed))
    return renewed != text


def run(blocks: list[tuple[str, str]]) -> list[str]:
    """What each block prints, on both streams; one shell runs them all, because ``cd`` in one holds for the next."""
    script = "set -euo pipefail\n" + "".join(
        (body if language == "bash" else f"python3 - <<'PYTHON'\n{body}PYTHON\n") + f"echo '{MARK}'\n"
        for language, body in blocks
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # 100 columns, because that is what a page shows without a bar to scroll.
    shown = {"PATH": path, "COLUMNS": "100", "GIT_PAGER": "cat", "TZ": "UTC"}
    # Nobody's own name and configuration: a reader's differ, and so would the page of everybody who writes it.
    author = {"GIT_AUTHOR_NAME": "Ana", "GIT_AUTHOR_EMAIL": "ana@example.org", "GIT_CONFIG_GLOBAL": os.devnull}
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | shown | author | {"HOME": folder}
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    outputs = done.stdout.split(f"{MARK}\n")
    if done.returncode != 0:
        sys.exit(f"block {len(outputs)} ends with exit code {done.returncode}:\n{outputs[-1]}")
    return [output.replace(folder, "") for output in outputs[:-1]]


def masked(output: str) -> str:
    """``output`` without what differs from run to run."""
    for pattern, word in VARYING:
        output = re.sub(pattern, word, output, flags=re.MULTILINE)
    return output.strip()


def difference(old: str, new: str) -> str:
    """The lines that differ."""
    from difflib import unified_diff

    return "\n".join([*unified_diff(old.splitlines(), new.splitlines(), "shown", "printed", lineterm="", n=0), ""])


if __name__ == "__main__":
    sys.exit(main())
