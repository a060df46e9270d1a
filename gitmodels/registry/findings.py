"""What is wrong with the newest state of a registry, seen from its tree alone.

This room reads a State and answers with problems; it writes nothing and knows no history, no refs and no object
store. What needs the object store is asked of a callable.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence

from gitmodels.errors import GitModelsError
from gitmodels.names import portable_key, shard
from gitmodels.patterns import pattern
from gitmodels.registry import evaluations, layout
from gitmodels.registry.problem import Problem
from gitmodels.registry.records import DELETED, MOVED, AliasRecord, ModelRecord, VersionRecord
from gitmodels.registry.state import DAMAGE, State
from gitmodels.registry.summary import agrees

# The bytes of a manifest.yaml -> the digests whose bytes the object store lacks.
Missing = Callable[[bytes], Sequence[str]]

_SHARD = pattern(r"[0-9a-f]{2}")
_NUMBERED = pattern(r"[1-9][0-9]{0,14}(\.yaml)?")
_MANY = 3


def examine_state(state: State, missing: Missing | None, only: Collection[str] | None = None) -> Iterator[Problem]:
    """Every problem of ``state``; ``missing`` is asked about every manifest when it is given.

    ``only`` are the encoded names of the models to look at, by default all.
    """
    if only is None:
        yield from _unknown_folders(state)
    names: dict[str, list[str]] = defaultdict(list)
    for encoded in sorted(state.encoded_names() if only is None else only):
        path = f"{layout.MODELS}/{shard(encoded)}/{encoded}"
        try:
            record = state.find_encoded(encoded)
        except DAMAGE as error:
            yield _damaged(f"{path}/model.yaml", error)
            continue
        if record is None:
            if state.tree.entries(path):
                yield Problem("model-missing", f"{path}/model.yaml", "the folder of a model without its record")
            continue
        names[portable_key(record.name)].append(record.name)
        try:
            yield from _examine_model(state, record, missing)
        except DAMAGE as error:
            yield _damaged(path, error)
    for group in names.values():
        if len(group) > 1:
            yield Problem("name-case", ", ".join(group), "these names differ in case only")


def _examine_model(state: State, record: ModelRecord, missing: Missing | None) -> Iterator[Problem]:
    name = record.name
    yield from _unknown_entries(state, name)
    if record.status == MOVED and (not record.moved or state.model_record(record.moved) is None):
        yield Problem("record-damaged", layout.model_file(name), f"moved to {record.moved!r}, which is not there")
    numbers = state.all_numbers(name)
    gaps = (
        sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
        if len(numbers) < max(numbers, default=0)
        else []
    )
    if gaps:
        shown = ", ".join(map(str, gaps[:_MANY])) + (f" and {len(gaps) - _MANY} more" if len(gaps) > _MANY else "")
        yield Problem("number-gap", layout.versions_folder(name), f"no version {shown}, but a higher one")
    for number in numbers:
        yield from _examine_version(state, name, number, missing)
    aliases = state.tree.names(layout.aliases_folder(name)) if record.status not in (MOVED, DELETED) else ()
    for entry in aliases:
        if entry.endswith(".yaml"):
            yield from _examine_alias(state, record, f"{layout.aliases_folder(name)}/{entry}")


def _examine_version(state: State, name: str, number: int, missing: Missing | None) -> Iterator[Problem]:
    deleted = False
    try:
        deleted = state.meta(name, number).status == DELETED
    except DAMAGE as error:
        yield _damaged(layout.meta_file(name, number), error)
    path = layout.version_file(name, number)
    try:
        record = state.version_record(name, number)
        if record is None:
            yield Problem("record-damaged", path, "the folder of a version without its record")
            return
        yield from _examine_evaluations(state, name, number, record)
    except DAMAGE as error:
        yield _damaged(path, error)
    try:
        manifest = state.manifest(name, number)
        lacking = missing(manifest) if missing is not None else ()
    except DAMAGE as error:
        yield Problem("manifest-damaged", layout.manifest_file(name, number), error.message)
        return
    if lacking and not deleted:
        shown = ", ".join(digest[:16] for digest in lacking[:_MANY])
        yield Problem("objects-missing", f"{name}/{number}", f"not in the store: {shown}…, {len(lacking)} in all")


def _examine_evaluations(state: State, name: str, number: int, version: VersionRecord) -> Iterator[Problem]:
    for path in evaluations.paths(state, name, number):
        try:
            record = evaluations.read(state, path)
        except DAMAGE as error:
            yield _damaged(path, error)
            continue
        if record.manifest != version.manifest:
            yield Problem("evaluation-other", path, f"tells of other content than v{number} has; it is ignored")


def _examine_alias(state: State, model: ModelRecord, path: str) -> Iterator[Problem]:
    try:
        record = state.alias_at(path)
        if record is None or layout.alias_file(model.name, record.alias) != path or record.model != model.name:
            yield Problem("record-damaged", path, "not the file of an alias of this model")
            return
    except DAMAGE as error:
        yield _damaged(path, error)
        return
    number = state.pointed(model.name, record.alias)
    if number is None:
        return
    try:
        version = state.version_record(model.name, number)
        deleted = state.meta(model.name, number).status == DELETED
    except DAMAGE:
        return  # told where the version was examined
    where = f"{model.name}@{record.alias}"
    if version is None:
        yield Problem("alias-dangling", where, f"points at v{number}, which is not there")
    elif deleted:
        yield Problem("alias-deleted", where, f"points at v{number}, which was deleted", fixable=True)
    else:
        yield from _examine_content(where, record, version)


def _examine_content(where: str, record: AliasRecord, version: VersionRecord) -> Iterator[Problem]:
    if version.manifest != record.target.manifest:
        yield Problem(
            "alias-manifest", where, "was approved with other content than its version has; look at both, then set it"
        )
    elif not agrees(record.summary, version):
        yield Problem("alias-summary", where, "its summary is not what its version says", fixable=True)


def _unknown_folders(state: State) -> Iterator[Problem]:
    for folder in state.tree.names(layout.MODELS):
        path = f"{layout.MODELS}/{folder}"
        try:
            names = state.tree.names(path)
        except DAMAGE as error:
            yield _damaged(path, error)
            continue
        if not _SHARD.fullmatch(folder) or not names:
            yield Problem("path-unknown", path, "not a folder of models; it is ignored")
            continue
        for name in names:
            if shard(name) != folder:
                yield Problem("path-unknown", f"{path}/{name}", "no model of that name stands here; it is ignored")


def _unknown_entries(state: State, name: str) -> Iterator[Problem]:
    below = layout.model_folder(name)
    for folder in (layout.versions_folder(name), f"{below}/meta", f"{below}/evaluations"):
        for entry in state.tree.names(folder):
            if not _NUMBERED.fullmatch(entry):
                yield Problem("path-unknown", f"{folder}/{entry}", "not a number of a version; it is ignored")
    for entry in state.tree.names(layout.aliases_folder(name)):
        if not entry.endswith(".yaml"):
            yield Problem("path-unknown", f"{layout.aliases_folder(name)}/{entry}", "not an alias; it is ignored")


def _damaged(path: str, error: GitModelsError) -> Problem:
    return Problem("record-damaged", path, error.message)
