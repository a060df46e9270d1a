"""The alias refs on a remote, brought in step with the branch that was pushed there.

They are derived and have no authority: whatever goes wrong is told once and undone by the next push or ``rebuild``.
A host that takes no refs of ours is remembered in git config and not asked again.
"""

import contextlib
import logging
from collections.abc import Iterable
from pathlib import Path

from gitmodels.errors import GitModelsError
from gitmodels.git import durable
from gitmodels.git.pushing import Answer, Update, push_refs
from gitmodels.git.transport import remote_refs
from gitmodels.names import encode
from gitmodels.registry import layout
from gitmodels.registry.projection import between
from gitmodels.registry.registry import Registry
from gitmodels.registry.tracking import Tracking

_log = logging.getLogger("gitmodels")
Alias = tuple[str, str]


def owe(tracking: Tracking, before: str | None) -> None:
    """Note that the remote's alias refs are where the commit ``before`` has them, until ``push`` has moved them."""
    path = _owed(tracking)
    if not path.exists():
        with contextlib.suppress(OSError):
            path.write_text(f"{before or ''}\n")


def is_owed(tracking: Tracking) -> bool:
    """Whether the branch was pushed and the alias refs were not, as a kill in between leaves it."""
    return _owed(tracking).exists()


def push(tracking: Tracking, after: str) -> int:
    """Move the remote's alias refs from where ``owe`` noted them to where ``after`` has them; how many moved.

    Never raises: what fails is told, and tried again with the next push.
    """
    registry = tracking.registry
    try:
        before = _owed(tracking).read_text().strip() or None
    except OSError:
        return 0
    if before is not None and not registry.git.objects.has(before):
        before = None
    try:
        pairs = set(between(registry.state_of(before), registry.state_of(after)))
        updates = list(_updates(registry, pairs, before, after))
        if not updates or not registry.git.config_flag(_key(tracking), default=True):
            durable.unlink_quietly(_owed(tracking))
            return 0
        answers = push_refs(registry.git, tracking.remote, updates, atomic=False)
        raced = [answer.ref for answer in answers if answer.state == "raced"]
        if raced:
            answers = [answer for answer in answers if answer.state != "raced"]
            answers += _again(tracking, {ref: pair for pair in pairs if (ref := layout.alias_ref(*pair)) in raced})
    except GitModelsError as error:
        _behind(tracking, error.message)
        return 0
    if _tell(tracking, answers):
        durable.unlink_quietly(_owed(tracking))
    return sum(answer.done for answer in answers)


def rebuild(tracking: Tracking) -> int:
    """Bring every alias ref of the remote in step with the branch there, as after a merge on the host; how many moved.

    Raises Conflict and RemoteError.
    """
    registry = tracking.registry
    found = remote_refs(registry.git, tracking.remote, [f"{layout.ALIAS_REFS}*"])
    now = registry.state_of(tracking.fetch())
    registry.projection.write(now)
    wanted = {ref: registry.projection.aim(now, *pair) for ref, pair in registry.projection.wanted(now).items()}
    refs = sorted({*found, *wanted})
    updates = [(wanted.get(ref), ref, found.get(ref)) for ref in refs if wanted.get(ref) != found.get(ref)]
    answers = push_refs(registry.git, tracking.remote, updates, atomic=False) if updates else []
    for answer in answers:
        if answer.state != "raced":
            answer.check()
    return sum(answer.done for answer in answers)


def _updates(registry: Registry, pairs: Iterable[Alias], before: str | None, after: str) -> Iterable[Update]:
    old, new = registry.state_of(before), registry.state_of(after)
    for pair in sorted(pairs):
        known, aim = registry.projection.aim(old, *pair), registry.projection.aim(new, *pair)
        # Whoever could not mirror it here has nothing to send.
        if known != aim and (aim is None or registry.git.objects.has(aim)):
            yield aim, layout.alias_ref(*pair), known


def _again(tracking: Tracking, pairs: dict[str, Alias]) -> list[Answer]:
    """The refs that were elsewhere, moved to where the newest published state has them.

    The refs are looked at before the branch is: whoever moves one afterwards knows the branch better than we do.
    """
    registry = tracking.registry
    found = remote_refs(registry.git, tracking.remote, sorted(pairs))
    now = registry.state_of(tracking.fetch())
    updates = []
    for ref, pair in sorted(pairs.items()):
        aim, known = registry.projection.aim(now, *pair), found.get(ref)
        if aim != known and (aim is None or registry.git.objects.has(aim)):
            updates.append((aim, ref, known))
    return push_refs(registry.git, tracking.remote, updates, atomic=False) if updates else []


def _tell(tracking: Tracking, answers: Iterable[Answer]) -> bool:
    """Tell what failed; whether nothing is left to be tried again."""
    failed = [answer for answer in answers if not answer.done and answer.state != "raced"]
    if not failed:
        return True
    if all(answer.state == "ref-refused" for answer in failed):
        tracking.registry.git.set_config(_key(tracking), "false")
        _log.warning(
            "%s takes no refs of aliases; the registry is complete without them, and they will not be sent again "
            "(git config %s)",
            tracking.remote,
            _key(tracking),
        )
        return True
    try:
        failed[0].check()
    except GitModelsError as error:
        _behind(tracking, error.message)
    return False


def _behind(tracking: Tracking, reason: str) -> None:
    _log.warning("the alias refs on %s are behind (%s); the registry there is complete", tracking.remote, reason)


def _owed(tracking: Tracking) -> Path:
    return tracking.registry.git.own_dir / f"owed-{encode(tracking.remote)}"


def _key(tracking: Tracking) -> str:
    return f"remote.{tracking.remote}.gitmodelsRefs"
