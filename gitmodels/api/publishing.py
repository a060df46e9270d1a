"""Publishing: fetch what others published, put what is unpublished on top of it, and push that.

Objects go first, then the branch, then what is derived from it; so nobody sees a version whose bytes are not there.
The branch moves by compare-and-swap only. This room joins registry, tracking and remotes; it knows no command.
"""

from gitmodels.api import alias_refs, proposing, run_refs
from gitmodels.api.backing_off import BackOff
from gitmodels.api.published_objects import Sender, fetch_aliased
from gitmodels.errors import Conflict, GitModelsError, Invalid, RefChanged, RemoteError
from gitmodels.git import refusals
from gitmodels.git.fork import Fork, fork, stands_on
from gitmodels.git.history import History
from gitmodels.git.pushing import Update, push_refs
from gitmodels.git.remote_program import Progress
from gitmodels.git.turns import turn
from gitmodels.registry.catching_up import Brought, catch_up
from gitmodels.registry.news import new_versions
from gitmodels.registry.operations.asked import Wishes
from gitmodels.registry.replay import Renumbered
from gitmodels.registry.tracking import Tracking
from gitmodels.repo import Repo
from gitmodels.values import frozen, replace

_NO_WISHES = Wishes()
# So many times in a row a connection may end before the remote said how the push ended.
_MOST_UNKNOWN = 4


@frozen
class Fetched:
    """What ``remote`` had published ``before``, as far as it was known here, and ``after`` it was asked."""

    remote: str
    before: str | None
    after: str | None


@frozen
class Pulled:
    """What was fetched, and what became of the branch; ``size`` are bytes of objects."""

    fetched: Fetched
    brought: Brought | None
    size: int = 0


@frozen
class Pushed:
    """What was published with which tip; how often it was tried, and what got other numbers on the way.

    ``versions`` are names and numbers, ``operations`` counts commits, ``aliases`` refs that moved, ``size`` bytes of
    objects that were sent.
    """

    remote: str
    before: str | None
    after: str | None
    operations: int = 0
    versions: tuple[tuple[str, int], ...] = ()
    renumbered: tuple[Renumbered, ...] = ()
    tries: int = 0
    aliases: int = 0
    size: int = 0


def fetch(
    repo: Repo, remote: str | None = None, *, accept_rewrite: bool = False, progress: Progress | None = None
) -> Fetched:
    """Ask ``remote``, by default the one that is followed, what it has published.

    Raises Conflict when it took back what it had published, RemoteError, RemoteNotFound.
    """
    tracking = Tracking(repo.registry, remote or repo.registry.remote)
    before = tracking.known()
    return Fetched(tracking.remote, before, tracking.fetch(accept_rewrite=accept_rewrite, progress=progress))


def pull(
    repo: Repo,
    remote: str | None = None,
    wishes: Wishes = _NO_WISHES,
    *,
    accept_rewrite: bool = False,
    dry: bool = False,
    objects: bool = False,
) -> Pulled:
    """Fetch, and put what is unpublished on top of what was fetched; with ``dry`` only find out what that would do.

    With ``objects`` the bytes of what aliases point at are fetched too; otherwise those of a model come with its load.

    Raises what ``fetch`` and ``catch_up`` raise; then the branch is as it was.
    """
    both = sorted(wishes.mine & wishes.theirs)
    if both:
        raise Invalid(f"{both[0]} cannot be both theirs and mine")
    fetched = fetch(repo, remote, accept_rewrite=accept_rewrite)
    tracking = Tracking(repo.registry, fetched.remote)
    if fetched.after is None:
        return Pulled(fetched, None)
    brought = _bring(tracking, fetched.after, wishes, dry)
    return Pulled(fetched, brought, fetch_aliased(repo, fetched.remote) if objects and not dry else 0)


def push(
    repo: Repo, remote: str | None = None, *, dry: bool = False, runs: bool = False, progress: Progress | None = None
) -> Pushed:
    """Publish what is unpublished: as often as others are quicker, it is put on top of theirs and tried again.

    Who waits while another process of this host pushes finds its work pushed; one that was paused is passed by. With
    ``runs`` this clone's runs go after it. Raises Conflict where two people disagree, RemoteError for what the remote
    refuses, RegistryNotFound; what was done here is kept and stays unpublished.
    """
    tracking = Tracking(repo.registry, remote or repo.registry.remote)
    wanted = repo.registry.branch.tip()
    before = tracking.tip()
    with turn(repo.git.own_dir / "lock.push"):
        pushed = _published(repo, tracking, wanted, before, dry, progress)
    if pushed.after is None and not runs:
        repo.registry.existing_state()
    if runs and not dry:
        run_refs.push(repo, tracking.remote, progress)
    return pushed


def propose(repo: Repo, remote: str | None = None, *, progress: Progress | None = None) -> proposing.Sent | None:
    """Send what is unpublished to ``remote`` as a branch ``publish/…``, and open a pull request; None if nothing is.

    For a host that protects the registry's branch. Once it is merged, in whatever shape, pull finds it published.
    Raises what ``push`` raises, and Conflict when the remote has another branch of that name.
    """
    tracking = Tracking(repo.registry, remote or repo.registry.remote)
    there = proposing.base_of(repo, tracking.remote, ask=True)
    if repo.registry.branch.tip() is None:
        return None
    after = _bring(tracking, there, _NO_WISHES, dry=False).after
    above = _fork(repo, after, there, tracking.gone()).above
    if not above:
        return None
    found = [History(repo.git).read(oid) for oid in above]
    subjects = [one.message.partition("\n")[0] for one in found]
    title = subjects[0] if len(subjects) == 1 else f"{len(subjects)} operations: {subjects[0]}, …"
    ops = [one.trailers["Gitmodels-Op"] for one in found if "Gitmodels-Op" in one.trailers]
    body = "\n".join([*(f"- {subject}" for subject in subjects), "", *(f"Gitmodels-Op: {op}" for op in ops)])
    ref = f"refs/heads/publish/{after[:12]}"
    return proposing.publish(repo, tracking.remote, ref, (there, after), (title, body), progress)


def _published(
    repo: Repo, tracking: Tracking, wanted: str | None, before: str | None, dry: bool, progress: Progress | None
) -> Pushed:
    """Push until ``wanted``, the branch as it was when this process came, is published, by itself or by others.

    ``before`` is what the remote was known to have then.
    """
    there = tracking.tip()
    if wanted is not None and (there is None or _fork(repo, wanted, there, tracking.gone()).above):
        return _Push(repo, tracking, progress).run(dry)
    if wanted is not None and there == before:
        # Nobody pushed meanwhile, and only the remote knows whether it still has what it once had.
        there = tracking.fetch(progress=progress)
    moved = alias_refs.push(tracking, there) if there is not None and alias_refs.is_owed(tracking) else 0
    return Pushed(tracking.remote, there, there, aliases=moved)


class _Push:
    """One push on its way."""

    def __init__(self, repo: Repo, tracking: Tracking, progress: Progress | None) -> None:
        self._repo = repo
        self._registry = repo.registry
        self._tracking = tracking
        self._progress = progress
        self._renumbered: list[Renumbered] = []
        self._objects = Sender(repo, tracking.remote, progress)
        self._back_off = BackOff()
        self._unknown = 0

    def run(self, dry: bool) -> Pushed:
        if dry:
            self._tracking.fetch()
        with self._objects:
            return self._until_published(dry)

    def _until_published(self, dry: bool) -> Pushed:
        while True:
            there, tip = self._tracking.tip(), str(self._registry.branch.tip())
            found = _fork(self._repo, tip, there, self._tracking.gone())
            if not found.above:
                return self._pushed(there, there, found)
            if there is not None and found.base != there and not stands_on(self._repo.git, tip, there):
                self._note(_bring(self._tracking, there, _NO_WISHES, dry))
                if dry:
                    return self._pushed(there, tip, found)
                continue
            if dry:
                return self._pushed(there, tip, found)
            if self._objects.send(self._registry.state_of(there), self._registry.state_of(tip)):
                self._back_off.mark()
            along = self._objects.updates
            if self._try(tip, there, along):
                self._tracking.published(tip, there)
                self._objects.arrived()
                return self._pushed(there, tip, found, alias_refs.push(self._tracking, tip))
            if along and not self._objects.updates:
                continue  # what was to go along goes first
            self._back_off.lost()
            self._tracking.fetch()

    def _try(self, tip: str, there: str | None, along: list[Update]) -> bool:
        """One compare-and-swap of the remote's branch; False for a lost race, and where nobody knows how it ended.

        What goes ``along`` is pushed with it, all or nothing; where the host does not take both, it goes apart.
        """
        alias_refs.owe(self._tracking, there)
        try:
            *others, answer = push_refs(
                self._repo.git,
                self._tracking.remote,
                [*along, (tip, self._registry.branch.ref, there)],
                atomic=bool(along),
                progress=self._progress,
                objects=self._objects.folder,
            )
            refused = not answer.done or any(not other.done for other in others)
            if along and refused and answer.state not in (refusals.RACED, refusals.UNKNOWN):
                self._objects.go_apart()
                if answer.state == refusals.TOGETHER:
                    return False
                # The branch was refused, and may come by another way; or the host takes some of all or nothing.
                self._objects.send(self._registry.state_of(there), self._registry.state_of(tip))
            answer.check()
        except RefChanged:
            return False
        except RemoteError as error:
            if along and error.fields.get("kind") == "no-atomic":
                self._objects.go_apart(always=True)
                return False
            # Whether it arrived is seen by who asks: then nothing of it is unpublished any more.
            self._unknown += bool(error.fields.get("outcome_unknown"))
            if error.fields.get("outcome_unknown") and self._unknown < _MOST_UNKNOWN:
                return False
            raise _explained(error, self._tracking.remote) from None
        return True

    def _pushed(self, there: str | None, tip: str | None, found: Fork, aliases: int = 0) -> Pushed:
        news = new_versions(self._registry.state_of(there), self._registry.state_of(tip))
        return Pushed(
            self._tracking.remote,
            there,
            tip,
            sum(oid != found.base for oid in found.above),
            tuple(news),
            tuple(self._renumbered),
            self._back_off.tries,
            aliases,
            self._objects.size,
        )

    def _note(self, brought: Brought) -> None:
        """Join what got another number now to what got one in an earlier try."""
        earlier = {(each.now, each.became): each for each in self._renumbered}
        for one in brought.replayed.renumbered if brought.replayed is not None else ():
            first = earlier.pop((one.name, one.number), None)
            if first is not None:
                self._renumbered.remove(first)
                one = replace(one, name=first.name, number=first.number)
            self._renumbered.append(one)


def push_version(
    repo: Repo, name: str, number: int, remote: str | None = None, *, progress: Progress | None = None
) -> tuple[str, int]:
    """Publish, and return by which name and number the version ``name`` ``number`` of this clone is published.

    Raises what ``push`` raises, saying that the version is registered here all the same.
    """
    record = repo.registry.state().version(name, number).record
    try:
        push(repo, remote, progress=progress)
    except GitModelsError as error:
        error.message = f"registered here as {name}/{number}, but not pushed: {error.message}"
        error.args = (error.message,)
        raise
    state = repo.registry.state()
    name = state.follow(name)
    for found in reversed(state.all_numbers(name)):
        known = state.version_record(name, found)
        if known is not None and known.op == record.op:
            return name, found
    raise Conflict(f"{name}/{number} is not in what was published", hint="git models log tells what became of it")


def _fork(repo: Repo, tip: str, there: str | None, gone: tuple[str, ...]) -> Fork:
    """What of ``tip`` is unpublished; all but the root where nothing was ever published."""
    if there is not None:
        return fork(repo.git, tip, there, *gone)
    line = [commit.oid for commit in History(repo.git).log(tip)]
    return Fork(line[-1], tuple(reversed(line[:-1] or line)))


def _bring(tracking: Tracking, there: str, wishes: Wishes, dry: bool) -> Brought:
    gone = tracking.gone()
    brought = catch_up(tracking.registry, there, wishes, gone=gone, dry=dry)
    if not dry:
        tracking.caught_up(gone)
    return brought


def _explained(error: RemoteError, remote: str) -> GitModelsError:
    if error.fields.get("kind") == "protected":
        error.hint = (
            f"git models push --pr{'' if remote == 'origin' else f' {remote}'} sends it as a branch and opens a pull "
            "request (register --pr and promote --pr do so from the start); once merged, git models pull finds it "
            "published"
        )
    return error
