"""Whether a new version says of itself what its files say: manifest, small files, signature, size, what loading runs.

Everything derived in ``version.yaml`` is derived again. Only small files are read; what can be told only from the
weights (whether a file is a pickle) is not told here, and loaders look for themselves.
"""

from collections.abc import Iterator

from gitmodels import digest
from gitmodels.errors import GitModelsError
from gitmodels.names import check_model_name
from gitmodels.objects.manifest import Manifest
from gitmodels.registry import layout
from gitmodels.registry.records import VersionRecord
from gitmodels.registry.state import State
from gitmodels.registry.summary import describe
from gitmodels.review.checks.answers import Answer
from gitmodels.review.policy.decisions import Outcome


def judge(state: State, name: str, number: int) -> Iterator[Answer]:
    """What the records of a new version say wrongly, each as a violation."""
    subject = f"{name}/{number}"
    try:
        check_model_name(name)
        record = state.version_record(name, number)
        manifest = Manifest.from_yaml(state.manifest(name, number))
        found = list(_wrong(state, name, number, record, manifest)) if record is not None else []
    except GitModelsError as error:
        found = [error.message]
    yield from (Answer("versions", subject, Outcome.VIOLATED, text) for text in found)


def _wrong(state: State, name: str, number: int, record: VersionRecord, manifest: Manifest) -> Iterator[str]:
    if manifest.digest != record.manifest:
        yield "manifest.yaml lists other files than version.yaml stands for"
        return
    if manifest.size != record.size:
        yield f"version.yaml says {record.size} bytes, the manifest {manifest.size}"
    readable = {file: data for file in layout.READABLE if (data := state.readable(name, number, file)) is not None}
    entries = {entry.path: entry for entry in manifest.entries}
    for file in layout.READABLE:
        if file in readable and (file not in entries or digest.of_bytes(readable[file]) != entries[file].blake3):
            yield f"{file} is not the file that the manifest lists"
        elif file in entries and file not in readable:
            yield f"{file} is in the manifest, but no copy of it stands here"
    described = describe(readable)
    for word, told, found in (
        ("flavors", record.flavors, described.flavors),
        ("signature", record.signature, described.signature),
        ("dependencies", record.dependencies, described.dependencies),
    ):
        if told != found:
            yield f"version.yaml says other {word} than the files of the model"
    if (declared := _declared(readable)) is not None and record.code_execution == "none":
        yield f"version.yaml says that loading runs nothing; its MLmodel asks for {declared}"


def _declared(readable: dict[str, bytes]) -> str | None:
    """What the MLmodel itself says that loading runs, where it says it."""
    from gitmodels.mlmodel.file import ModelFile

    if "MLmodel" not in readable:
        return None
    for config in ModelFile.read(readable["MLmodel"]).flavors.values():
        if config.get("trust_remote_code"):
            return "remote-code"
        if config.get("code"):
            return "python-code"
        if config.get("serialization_format") in ("pickle", "cloudpickle") or config.get("cloudpickle_version"):
            return "pickle"
    return None
