"""``git models fsck``: whether every byte of the object store is what it should be."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.errors import Corrupt


@click.command()
@click.option("--full", is_flag=True, help="Decode and hash every chunk, not only headers and lengths.")
@reading
def fsck(call: Call, full: bool) -> None:
    """Check the object store, and name the models that damage hurts. Changes nothing; exit code 6 for damage."""
    from gitmodels.api import care

    findings = care.check_store(opened(call), full=full)
    if call.json:
        call.out.json(findings)
    else:
        for finding in findings:
            hurt = f" (hurts {', '.join(finding['models'])})" if finding["models"] else ""
            where = f"{finding['file']}: " if finding["file"] else ""
            call.out.line(f"{finding['kind']}: {where}{finding['detail']}{hurt}")
    if any(not finding["healed"] for finding in findings):
        raise Corrupt(
            f"{len(findings)} places of the object store are damaged",
            hint=_way_out({finding["kind"] for finding in findings if not finding["healed"]}),
        )
    call.err.line("the object store is whole" if not findings else "all damage is healed by other copies")


def _way_out(kinds: set[str]) -> str:
    if kinds <= {"index", "cache"}:
        return "nothing is lost: git models rebuild makes the index anew, and cached files may be deleted"
    return "register the same files again to heal them, or fetch them from a remote"
