"""What loading a model may run, judged from its MLmodel file and the first bytes of its files.

Nothing is imported from the model, unpickled or executed here, whatever its files claim. A tripwire for reviewers,
not a proof: what decides about loading is trust, and the loaders never read another format than the declared one.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gitmodels import flavors
from gitmodels.errors import FileMissing, FlavorNotFound
from gitmodels.mlmodel.file import NAME, ModelFile
from gitmodels.mlmodel.pickle_detection import looks_like_pickle
from gitmodels.mlmodel.trust import worst

MAX_FILES = 100_000


def code_execution(directory: Path, model: ModelFile | None = None) -> str:
    """``none``, ``pickle``, ``python-code`` or ``remote-code``: the least bounded thing that loading may run.

    ``model`` spares reading the MLmodel file again. A directory without one is judged by its files, as other tools
    may load them. Raises InvalidModel or InvalidYaml for an MLmodel file that cannot be accepted.
    """
    if model is None:
        try:
            model = ModelFile.read(directory)
        except FileMissing:
            return _by_bytes(directory)
    found = ["none"]
    for name, config in model.flavors.items():
        if config.get("trust_remote_code"):
            found.append("remote-code")
        if config.get("code"):
            found.append("python-code")
        found.append(_flavor(directory, model, name, config))
    if not model.flavors:
        found.append(_by_bytes(directory))
    return worst(found)


def _flavor(directory: Path, model: ModelFile, name: str, config: Mapping[str, Any]) -> str:
    if name == flavors.PYFUNC:
        loader = flavors.behind(config.get("loader_module"))
        if loader is None:
            return _by_bytes(directory)
        if loader != flavors.PYFUNC:
            # Judged under its own entry; without one nobody says in which format its file is.
            return "none" if loader in model.flavors else "pickle"
    try:
        return flavors.get(name).code_execution(directory, config)
    except FlavorNotFound:
        return _by_bytes(directory)


def of_files(files: Iterable[Path]) -> str:
    """``pickle`` when one of the regular files ``files`` is one, or holds one; else ``none``."""
    for number, path in enumerate(files):
        if number >= MAX_FILES or looks_like_pickle(path):
            return "pickle"
    return "none"


def _by_bytes(directory: Path) -> str:
    """What the bytes of the directory's files say; the MLmodel file is no candidate."""
    return of_files(_files(directory))


def _files(directory: Path) -> Iterator[Path]:
    """The regular files under ``directory``, in no order; links are not followed."""
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            if name != NAME and stat.S_ISREG(os.lstat(path).st_mode):
                yield Path(path)
