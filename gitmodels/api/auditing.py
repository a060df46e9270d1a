"""``audit``: the history of a Repo's registry, and whether a remote took back what it had published."""

from collections.abc import Iterator
from typing import Any

from gitmodels.errors import Conflict, Invalid
from gitmodels.fields import format_time
from gitmodels.registry.tracking import Tracking
from gitmodels.repo import Repo
from gitmodels.review.audit import Event, audit


def events(repo: Repo) -> Iterator[Event]:
    """Every event, newest first; a rewritten remote comes first of all. Raises RegistryNotFound."""
    state = repo.registry.existing_state()
    for remote in repo.git.remotes():
        try:
            Tracking(repo.registry, remote).check()
        except Invalid:
            continue  # a remote that no registry is followed on
        except Conflict as error:
            yield Event("problem", remote, f"history-rewritten: {error.message}", flagged=True)
    yield from audit(repo.git, state)


def document(event: Event) -> dict[str, Any]:
    """An event as programs read it."""
    return {
        "kind": event.kind,
        "subject": event.subject,
        "text": event.text,
        "commit": event.commit or None,
        "when": format_time(event.when) if event.commit else None,
        "author": event.author or None,
        "protected": event.protected,
        "review": event.review or None,
        "flagged": event.flagged,
    }
