"""GTO: the versions and stages that a repository's tags tell of, as versions and aliases, with their bytes.

GTO says which commit a version is and keeps no bytes; what lies at the artifact's path there is read from git, from Git
LFS or from DVC. Versions come in the order of their semver, as 1 … n, and keep it as the tag ``gto.version``.
"""

from collections.abc import Callable, Iterator, Mapping

from gitmodels.errors import Conflict, FileMissing, Invalid
from gitmodels.exchange import dvc_files, revision
from gitmodels.exchange.bringing import Arrival, Stamp, bring, only
from gitmodels.exchange.dvc import tags_of
from gitmodels.exchange.dvc_files import MAX_YAML, PROJECT, Artifact
from gitmodels.exchange.dvc_project import Project
from gitmodels.exchange.gathering import Gathering
from gitmodels.exchange.gto_stages import aliases
from gitmodels.exchange.gto_tags import Line, Registered, is_ours, lines
from gitmodels.exchange.plan import LEFT_OUT, Choice, Step
from gitmodels.exchange.revision import Revision
from gitmodels.git import tags
from gitmodels.registry.changes import models, versions
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.records import DELETED
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.values import replace

VERSION, NAME, DEPRECATED = "gto.version", "gto.artifact", "gto.deprecated"
_INDEX = "artifacts.yaml"


def read_gto(location: str, repo: Repo, choice: Choice) -> Iterator[Step]:
    """Bring all artifacts that GTO's tags tell of at ``location``, or those chosen, by GTO's name or by that here.

    ``--path`` is where an artifact lies that no ``dvc.yaml`` or ``artifacts.yaml`` tells of; ``--without`` passes by a
    version, such as ``fraud/v1.2.3``. Raises FileMissing for bytes that are not there, Corrupt, Invalid, and Conflict
    for a version that was another commit when it was brought.
    """
    only(choice, "paths", "without")
    found = replace(revision.opened(location), folder="")
    if len(choice.paths) > 1:
        raise Invalid("an artifact lies at one path", hint="give --path once")
    known = lines(tags.annotated(found.git, is_ours))
    names = {line.name: here(line.name) for line in known}
    chosen = [line for line in known if not choice.models or {line.name, names[line.name]} & set(choice.models)]
    if not chosen:
        raise FileMissing("no tag of GTO's tells of that", hint="gto show tells which artifacts there are")
    for line in chosen:
        same = sorted(other for other, name in names.items() if name == names[line.name])
        if len(same) > 1:
            raise Invalid(f"{' and '.join(same)} would both be {names[line.name]!r} here", hint="--model brings one")
        yield from _one(found, line, repo, choice)


def here(name: str) -> str:
    """What a model is called here, where names hold no ``/`` and no ``:``.

    >>> here("models/nlp:bert")
    'models-nlp-bert'
    """
    return name.replace("/", "-").replace(":", "-")


def _one(found: Revision, line: Line, repo: Repo, choice: Choice) -> Iterator[Step]:
    name = here(line.name)
    held = _Held(name)
    for one in line.versions:
        # Another import may run beside this one.
        state = repo.registry.state()
        held.look(state)
        known = held.there.get(one.label) or (None if choice.force else held.deleted.get(one.label))
        if known is not None:
            _check_commit(state, name, known, one)
            continue
        artifact = _artifact(found.at(one.commit), line.name, choice)
        without = f"{name}/{one.label}"
        if artifact is None or without in choice.without:
            why = "nothing at its commit says where it lies (--path PATH)" if artifact is None else "as was asked for"
            yield Step(LEFT_OUT, name, None, f"{one.label}: {why}", False)
            continue
        try:
            arrival = replace(_arrival(found.at(one.commit), line, one, artifact), after=held.looked_at)
            steps = list(bring(repo, choice, arrival))
        except FileMissing as error:
            hint = f"{error.hint}; --without {without} goes on without it"
            raise FileMissing(f"{without}: {error.message}", hint=hint) from None
        for step in steps:
            yield replace(step, version=held.planned(one.label) if choice.dry_run else step.version)
    held.look(repo.registry.state())
    yield from _gone(line, held.there, repo, choice)
    yield from aliases(repo, name, line, held.there, choice)
    yield from _mark(line, repo, choice)


class _Held:
    """What was brought of the model ``name``: numbers here by GTO's, of versions that are there and of deleted ones."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._planned = 0
        self._commit: str | None = None
        self.looked_at = 0
        self.there: dict[str, int] = {}
        self.deleted: dict[str, int] = {}

    def look(self, state: State) -> None:
        """Learn of the numbers that were given since; what is said of a version when it is given stays with it."""
        if state.commit == self._commit or state.find_model(self._name) is None:
            return
        self._commit = state.commit
        for number in state.all_numbers(self._name):
            if number > self.looked_at:
                meta = state.meta(self._name, number)
                if (label := meta.tags.get(VERSION)) is not None:
                    (self.deleted if meta.status == DELETED else self.there)[label] = number
                self.looked_at = number

    def planned(self, label: str) -> int:
        """The number that a version would get after those that were planned before it."""
        self._planned += 1
        return self.there.setdefault(label, self.looked_at + self._planned)


def _check_commit(state: State, name: str, number: int, one: Registered) -> None:
    before = state.any_version(name, number).record.code.get("commit")
    if before not in (None, one.commit):
        was = f"was {str(before)[:10]} when it became {name}/{number}"
        raise Conflict(
            f"{one.label} of {name} is {one.commit[:10]} there, and {was}",
            hint="a tag was moved: find out which is right; git models rm the wrong one here",
        )


def _artifact(found: Revision, name: str, choice: Choice) -> Artifact | None:
    """What the commit says of the artifact ``name``; what was chosen where it says nothing."""
    folder, _, inner = name.rpartition(":")
    at = f"{folder}/{PROJECT}" if folder else PROJECT
    for path, wanted, whole in ((at, inner, False), (_INDEX, name, True)):
        data = found.text(path, MAX_YAML)
        rows = dvc_files.artifacts_of(data, path, whole=whole) if data is not None else []
        if (row := next((row for row in rows if row.name == wanted), None)) is not None:
            return row
    return Artifact(name, choice.paths[0].rstrip("/"), "") if choice.paths else None


def _arrival(found: Revision, line: Line, one: Registered, artifact: Artifact) -> Arrival:
    tag = one.event.tag
    project = Project.around(found, artifact.path.rpartition("/")[0])
    said: Mapping[str, str] = {VERSION: one.label, NAME: line.name} | dict(tags_of(artifact))
    # GTO writes a message of its own where nobody writes one.
    is_own = tag.message and not tag.message.startswith(("Registering artifact", "Assigning stage"))
    return Arrival(
        name=here(line.name),
        source=f"gto:{found.location}#{tag.name}",
        bytes=Gathering(project.files_at(artifact.path)),
        text=f"{one.label}, {artifact.path[:200]} of {one.commit[:10]}",
        description=tag.message if is_own else artifact.description,
        tags=said,
        code=found.code,
        stamp=Stamp(tag.when_ms, tag.author, tag.email),
        identity=(VERSION, one.label),
    )


def _gone(line: Line, held: Mapping[str, int], repo: Repo, choice: Choice) -> Iterator[Step]:
    """Versions that were taken back: those that are here are deleted, others are told."""
    name = here(line.name)
    for label, event in line.gone.items():
        text = f"{label} was deregistered by {event.tag.author}"
        if (number := held.get(label)) is None:
            yield Step(LEFT_OUT, name, None, text, False)
            continue
        if not choice.dry_run:
            repo.registry.apply(_deleting(name, number, text))
        yield Step("deletion", name, number, text, not choice.dry_run)


def _deleting(name: str, number: int, reason: str) -> Callable[[State, At], Change[None]]:
    return lambda state, at: versions.delete(state, name, number, at, reason)


def _mark(line: Line, repo: Repo, choice: Choice) -> Iterator[Step]:
    name, event = here(line.name), line.deprecated
    record = repo.registry.state().find_model(name)
    if event is None or (record is None and not choice.dry_run) or (record and DEPRECATED in record.tags):
        return
    said = f"by {event.tag.author}"
    if not choice.dry_run:
        repo.registry.apply(lambda state, at: models.retag(state, name, {DEPRECATED: said}))
    yield Step("tag", name, None, f"{DEPRECATED} {said}", not choice.dry_run)
