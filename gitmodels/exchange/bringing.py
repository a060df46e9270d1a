"""One version on its way in: registered under a name, once, with what the other tool says of it.

What a name holds already is not registered again, so every import may be run again. Time and author are the other
tool's where it knows them; the commit on the registry's branch still says who imported it, and when.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from gitmodels.api import registering
from gitmodels.api.content import Content
from gitmodels.errors import Invalid, VersionNotFound
from gitmodels.exchange.plan import Choice, Step
from gitmodels.names import check_model_name, check_tag_key, check_tag_value
from gitmodels.objects.manifest import Manifest
from gitmodels.registry.changes import versions
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.state import DAMAGE, State
from gitmodels.repo import Repo
from gitmodels.values import field, frozen, replace

_OPTIONS = {"versions": "--version", "paths": "--path", "without": "--without", "places": "--allow"}


class Bytes(Protocol):
    """Where the files of one model are."""

    def look(self) -> Manifest:
        """What they are; nothing is written."""

    def keep(self, repo: Repo, parent: Manifest | None, source: str) -> Content:
        """What they are, stored."""


@frozen
class Stamp:
    """When (ms since the epoch) and by whom a version was registered in the other tool."""

    when: int
    author: str
    email: str

    def on(self, at: At) -> At:
        """``at`` with this time and author."""
        return replace(at, when=self.when, author=self.author, email=self.email)


@frozen
class Arrival:
    """What a version is to be: its name, where its bytes are and came from, and what is said of it.

    ``identity`` is the tag that tells which version of the other tool it is; without one its content tells. It is none
    of the numbers up to ``after``.
    """

    name: str
    source: str
    bytes: Bytes
    text: str
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, object] = field(default_factory=dict)
    stamp: Stamp | None = None
    identity: tuple[str, str] | None = None
    after: int = 0

    def known(self, state: State, manifest: Manifest | None) -> int | None:
        """The number past ``after`` under which ``state`` has it; None where it has it not, or only its content tells.

        A number is given once, and what is said of it when it is given, so none has to be looked at twice.
        """
        if state.find_model(self.name) is None or (manifest is None and self.identity is None):
            return None
        for number in state.all_numbers(self.name):
            if number > self.after and self._is(state, number, manifest):
                return number
        return None

    def _is(self, state: State, number: int, manifest: Manifest | None) -> bool:
        try:
            found = state.version(self.name, number)
        except (VersionNotFound, *DAMAGE):
            return False
        if self.identity is not None:
            return found.meta.tags.get(self.identity[0]) == self.identity[1]
        return manifest is not None and found.record.manifest == manifest.digest


def bring(repo: Repo, choice: Choice, arrival: Arrival) -> Iterator[Step]:
    """Register one version: one step, or none where it is there already.

    Raises what reading its bytes raises, InvalidName, Invalid for tags that cannot be kept, and what registering does.
    """
    arrival = replace(
        arrival,
        name=check_model_name(arrival.name),
        tags={check_tag_key(key): check_tag_value(value) for key, value in arrival.tags.items()},
    )
    state = repo.registry.state()
    if arrival.known(state, None) is not None:
        return
    if choice.dry_run:
        if arrival.known(state, arrival.bytes.look()) is None:
            yield Step("version", arrival.name, state.next_number(arrival.name), arrival.text, False)
        return
    state.check_format(writing=True)
    with repo.store.recording():
        parent = registering.parent_of(repo, arrival.name, None)
        found = arrival.bytes.keep(repo, parent, arrival.source)
        registering.check_signature(repo, found)
        number, is_new = _register(repo, arrival, replace(found, code=arrival.code))
    if is_new:
        yield Step("version", arrival.name, number, arrival.text, True)


def one_name(choice: Choice, otherwise: str | None = None) -> str:
    """The one name that was chosen, or ``otherwise``. Raises Invalid for none, and for more than one."""
    names = choice.models or ((otherwise,) if otherwise else ())
    if len(names) != 1:
        raise Invalid(f"one name is needed, {len(names)} are given", hint="--model NAME")
    return names[0]


def only(choice: Choice, *known: str) -> None:
    """Raise Invalid where something was chosen by another way than ``known``, fields of Choice: it would be ignored."""
    for field_name, option in _OPTIONS.items():
        if getattr(choice, field_name) and field_name not in known:
            raise Invalid(f"{option} chooses nothing here", hint=f"leave {option} out")


def _register(repo: Repo, arrival: Arrival, found: Content) -> tuple[int, bool]:
    wish = registering.Wish(tags=arrival.tags, description=arrival.description)
    new = registering.new_version(repo, found, wish)

    is_new = False

    def ask(state: State, at: At) -> Change[int]:
        nonlocal is_new
        known = arrival.known(state, found.manifest)
        # A retry after a lost race may find its own.
        is_new = known is None or (at.again and state.any_version(arrival.name, known).record.op == at.op)
        if known is not None:
            return Change(known)
        return versions.register(state, arrival.name, new, arrival.stamp.on(at) if arrival.stamp is not None else at)

    return repo.registry.apply(ask), is_new
