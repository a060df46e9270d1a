"""A version handed out as a Hugging Face folder: a card, and files where the hub's libraries look for them.

What came in as such a folder goes out as it was, byte for byte. A model that the transformers or sentence_transformers
flavor packaged has its folders put on top, where ``from_pretrained`` reads them; what only MLflow reads stays behind.
A card is written where the version has none.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gitmodels import digest
from gitmodels.api import content, model_cards
from gitmodels.errors import AlreadyExists, Invalid
from gitmodels.exchange.bringing import one_name, only
from gitmodels.exchange.hf import CARD, FOREIGN
from gitmodels.exchange.plan import LEFT_OUT, Choice, Step
from gitmodels.flavors.sentence_transformers import FOLDER
from gitmodels.flavors.transformers import COMPONENTS
from gitmodels.mlmodel.file import NAME, ModelFile
from gitmodels.objects import sources
from gitmodels.objects.checkout import checkout
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.store import ObjectStore
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef, check_whole, parse_ref
from gitmodels.values import frozen, replace

_MLFLOW_ONLY = (NAME, "python_env.yaml", "conda.yaml")


def export_hf(location: str, repo: Repo, choice: Choice) -> Iterator[Step]:
    """Write the chosen version (``fraud@champion``, or a name and ``--version``) to the folder ``location``.

    Nothing is written where that holds the very files already. Raises AlreadyExists where it holds others, Invalid for
    a choice that is not one version, and what resolving and reading raise.
    """
    only(choice, "versions")
    version = repo.registry.existing_state().resolve(_ref(choice))
    found = content.of_version(repo, version, f"models:/{version.name}/{version.number}")
    entries, left = _on_top(found.manifest, found.readable)
    card = None
    if not any(entry.path == CARD for entry in entries):
        ref = parse_ref(f"{version.name}/{version.number}")
        card = model_cards.card(repo, ref).text.encode()
        entries = [*entries, Entry(CARD, len(card), digest.of_bytes(card))]
    manifest, target = Manifest(tuple(entries)), Path(os.path.abspath(location))
    if _holds(target, manifest):
        return
    text = f"{len(manifest.entries)} files in {location}"
    if not choice.dry_run:
        if card is None:
            repo.store.checkout(manifest, target)
        else:
            checkout(manifest, target, _WithCard(repo.store, card))
    yield Step("version", version.name, version.number, text, not choice.dry_run)
    if left:
        yield Step(LEFT_OUT, version.name, version.number, f"{', '.join(left)}: for MLflow alone", False)


def _ref(choice: Choice) -> ModelRef:
    ref = parse_ref(one_name(choice))
    check_whole(ref)
    if not choice.versions:
        return ref
    if len(choice.versions) > 1 or str(ref) != ref.name:
        raise Invalid("one version fills a folder", hint="--model NAME@ALIAS, or --model NAME --version NUMBER")
    return replace(ref, version=choice.versions[0])


def _on_top(manifest: Manifest, readable: Mapping[str, bytes]) -> tuple[Sequence[Entry], list[str]]:
    """The files under the paths where Hugging Face's libraries look for them, and those that are left out."""
    flavors = ModelFile.read(readable[NAME]).flavors if NAME in readable else {}
    folders = list(_folders(flavors))
    if not any(entry.path.startswith(f"{folder}/") for folder in folders for entry in manifest.entries):
        return manifest.entries, []
    found: dict[str, Entry] = {}
    left = []
    for entry in manifest.entries:
        if entry.path in _MLFLOW_ONLY:
            left.append(entry.path)
            continue
        folder = next((folder for folder in folders if entry.path.startswith(f"{folder}/")), None)
        path = entry.path[len(folder) + 1 :] if folder is not None else entry.path
        if found.setdefault(path, replace(entry, path=path)).blake3 != entry.blake3:
            raise Invalid(
                f"two files of the model would be {path!r}", hint="git models checkout gives them as they are"
            )
    return list(found.values()), left


def _folders(flavors: Mapping[str, Any]) -> Iterable[str]:
    config = flavors.get("transformers")
    if isinstance(config, dict) and isinstance(config.get("model_binary"), str):
        yield config["model_binary"].strip("/")
        yield from (f"components/{name}" for name in COMPONENTS)
    if "sentence_transformers" in flavors:
        yield FOLDER


def _holds(target: Path, manifest: Manifest) -> bool:
    """Whether the folder holds these files and no others; git's own and the downloader's do not count.

    Raises AlreadyExists where it holds something else.
    """
    if not os.path.lexists(target) or (target.is_dir() and not os.listdir(target)):
        return False
    refusal = AlreadyExists(f"{target} is there already, and holds other files", hint="choose another, or remove it")
    if target.is_symlink() or not target.is_dir():
        raise refusal
    with sources.opened_root(target) as root:
        folders = sources.walk(root, FOREIGN)
    paths = {sources.joined(folder.path, name) for folder in folders for name in folder.files}
    if paths != {entry.path for entry in manifest.entries}:
        raise refusal
    for entry in manifest.entries:
        file = target / entry.path
        if os.path.getsize(file) != entry.size or digest.of_file(file) != entry.blake3:
            raise refusal
    return True


@frozen
class _WithCard:
    """The object store, and a card that is not in it."""

    store: ObjectStore
    card: bytes

    def pieces(self, entry: Entry) -> Iterable[bytes | bytearray | memoryview]:
        """The bytes of a file, verified."""
        return [self.card] if entry.path == CARD else self.store.pieces(entry)

    def cached(self, entry: Entry) -> Path:
        """A read-only file with the bytes of ``entry``, verified now."""
        return self.store.cached(entry)

    def cache_folder(self) -> Path | None:
        """None: a card that is nowhere can only be written."""
        return None
