"""Whether the bytes of new versions are there: in the store, or listed by a remote. Nothing is downloaded."""

from collections.abc import Callable, Iterator, Sequence

from gitmodels.errors import GitModelsError
from gitmodels.objects.manifest import Manifest
from gitmodels.registry.state import State
from gitmodels.review.checks.answers import Answer
from gitmodels.review.policy.decisions import Outcome

# A manifest -> the digests of those of its files that are neither here nor on a remote.
Lacking = Callable[[Manifest], Sequence[str]]
_SHOWN = 3


def judge(state: State, name: str, number: int, lacking: Lacking) -> Iterator[Answer]:
    """The bytes of one new version; a remote that cannot be asked leaves it open."""
    subject = f"{name}/{number}"
    try:
        manifest = Manifest.from_yaml(state.manifest(name, number))
    except GitModelsError:
        return  # told where the version is looked at
    try:
        missing = lacking(manifest)
    except GitModelsError as error:
        yield Answer("objects", subject, Outcome.UNKNOWN, error.message)
        return
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        shown = ", ".join(digest[:16] for digest in missing[:_SHOWN]) + more
        text = f"neither here nor on a remote: {shown}; git models push from where it was registered"
        yield Answer("objects", subject, Outcome.VIOLATED, text)
    else:
        yield Answer("objects", subject, Outcome.PASSED, f"{len(manifest.entries)} files, {manifest.size} bytes")
