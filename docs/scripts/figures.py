"""Write the tables of figures from benchmarks/results.json: a short one in the README, all of it in docs/benchmarks.md.

    python docs/scripts/figures.py           write what differs
    python docs/scripts/figures.py --check   only say which differ; exit code 1 then

`make figures` measures again first.
"""

import json
import re
import sys
from pathlib import Path

from pages import ROOT, settle

sys.path.insert(0, str(ROOT / "benchmarks"))

from measure import Row, cells

RESULTS = ROOT / "benchmarks" / "results.json"
BEGIN = "<!-- figures: written by docs/scripts/figures.py -->"
END = "<!-- end of figures -->"

# The rows of the README, in its order; those not measured yet are left out.
SHOWN = (
    "add 1 GiB incompressible, durable, over copy + fsync",
    "add 1 GiB incompressible, command line, CPU",
    "add 1 GiB incompressible, disk over raw",
    "add 10,000 files of 10 KiB, command line, CPU",
    "add an unchanged file of 1 GiB again",
    "10 versions, one of 20 tensors changed, stored by raw",
    "MiniLM and 10 fine-tunes, F32, step 1e-03, copies",
    "MiniLM and 10 fine-tunes, BF16, step 1e-03, copies",
    "MiniLM and 10 tunes of LayerNorm and biases, copies",
    "a forest retrained 10 times, more trees, pickle, stored by raw",
    "an edit of the header only, bytes added",
    "log a small model with example, defaults",
    "load by alias, warm",
    "git models ls, CPU",
)

PAGE = """# Figures

`make figures` measures everything below side by side, on the machine it runs on, and writes this page. `make bench`
prints the same table without keeping it; `benchmarks/run.py -h` tells how to choose rows. Peers are installed into
environments of their own; one that cannot be had is named and left out.

Every figure is of a whole operation and the median of several rounds in which the sides take turns. Times end when
the bytes are on the disk: ours are when the command returns, the peers leave it to the system and are synced. Data are
generated from seeds, but for the weights of all-MiniLM-L6-v2, which are real; its fine-tunes are synthetic: every
weight is multiplied by 1 + step × normal noise. Absolute times are worth little on another machine, ratios are. A
target that is missed says so.

- **ratio**: how many times better ours is than the best peer measured.
- **copies**: bytes of disk in units of one raw file; a store of whole files takes 11 for a model and ten versions.
- **order-0 bound**: the entropy of each byte of the words by itself, tensor by tensor: what no coder of single bytes
  that keeps one table a tensor can pass.

{taken}

{table}
"""


def main() -> int:
    """Write or compare both pages; the exit code."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    rows = {each["what"]: row(each) for each in results["rows"]}
    since = results.get("since", results["date"])
    when = f"on {since}" if since == results["date"] else f"in parts from {since} to {results['date']}, at the end on"
    taken = f"Taken {when}: {results['machine']}."
    readme = Path(ROOT / "README.md").read_text(encoding="utf-8")
    shown = table([rows[what] for what in SHOWN if what in rows])
    pages = {
        "README.md": between(readme, f"\n{taken}\n\n{shown}\n"),
        "docs/benchmarks.md": PAGE.format(taken=taken, table=table(list(rows.values()), others=True)),
    }
    return settle(pages, "figures.py")


def row(told: dict[str, object]) -> Row:
    """A row as it was measured."""
    return Row(**{name: told[name] for name in Row.__dataclass_fields__})  # type: ignore[arg-type]


def table(rows: list[Row], *, others: bool = False) -> str:
    """The rows in Markdown."""
    head = ["what", "best peer", "ours", "ratio", "target", "met"] + (["other peers"] if others else [])
    lines = [head, ["---"] * len(head)]
    for each in rows:
        what, peer, name, ours, ratio, target, met, more = cells(each)
        lines.append([what, f"{peer} {name}".strip(), f"**{ours}**", ratio, target, met] + ([more] if others else []))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def between(text: str, body: str) -> str:
    """``text`` with ``body`` between the two marks."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise SystemExit(f"README.md needs one place between {BEGIN} and {END}")
    return pattern.sub(lambda _: f"{BEGIN}\n{body}\n{END}", text)


if __name__ == "__main__":
    sys.exit(main())
