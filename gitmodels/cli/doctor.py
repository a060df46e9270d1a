"""``git models doctor``: what is wrong with the registry and around it, and what can be put right."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.wording import counted
from gitmodels.errors import CheckFailed


@click.command()
@click.option("--fix", is_flag=True, help="Repair what can be repaired; what needs a decision stays.")
@click.option("--quick", is_flag=True, help="Look at the newest commit only, not at the whole history.")
@reading
def doctor(call: Call, fix: bool, quick: bool) -> None:
    """Look for stale refs, dangling aliases, missing objects, edited records and leftovers; exit code 7 for any.

    Changes nothing without --fix. What --fix leaves needs a decision: register missing files again or fetch them, set
    a dangling alias with git models alias set, undo an edited version with git revert. Whether the stored bytes are
    whole is told by git models fsck.
    """
    from gitmodels.api import care

    repo = opened(call)
    problems = care.examine(repo, full=not quick)
    fixed = care.fix(repo, problems) if fix else []
    if call.json:
        call.out.json([care.document(problem, fixed=problem in fixed) for problem in problems])
    else:
        for problem in problems:
            word = "fixed" if problem in fixed else "note" if problem.is_note else problem.kind
            call.out.line(f"{word}: {problem.where}: {problem.detail}")
    remaining = [problem for problem in problems if problem not in fixed and not problem.is_note]
    if remaining:
        can = any(problem.fixable for problem in remaining) and not fix
        hint = "git models doctor --fix repairs what it can" if can else "git models doctor -h says what to do"
        raise CheckFailed(f"{counted(len(remaining), 'problem')} left", hint=hint)
    call.err.line(f"all is well; {counted(len(fixed), 'problem')} fixed" if fixed else "all is well")
