"""A model's own ``code`` folder on Python's search path, from loading on.

Two versions of a model bring modules of the same name. Python would hand the second the modules of the first; here
each load gets its own. This room knows the import system and a folder, nothing else of models. Trust was decided
before.
"""

import importlib
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_logger = logging.getLogger("gitmodels")
_lock = threading.RLock()
_folders: list[str] = []


@contextmanager
def importing_from(folder: Path | None, *, lasting: bool = True) -> Iterator[None]:
    """Inside the block, and after it when ``lasting``, modules of ``folder`` are found first; None changes nothing.

    It stays on the path because models import lazily. Modules that an earlier model brought under the same names are
    forgotten, not changed: its objects keep theirs. Modules from anywhere else stay, with a warning. Inside the block
    no bytecode is written, so that loading leaves the model's directory as it was.
    """
    if folder is None:
        yield
        return
    place = str(folder.resolve())
    with _lock:
        _leave_gone()
        _make_room(folder, place, warn=lasting)
        if place in sys.path:
            sys.path.remove(place)
        sys.path.insert(0, place)
        importlib.invalidate_caches()
        before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            yield
        finally:
            sys.dont_write_bytecode = before
            if lasting and place not in _folders:
                _folders.append(place)
            if not lasting:
                sys.path.remove(place)
                for name, module in list(sys.modules.items()):
                    if _lies_under(_origin(module), [place]):
                        del sys.modules[name]


def _leave_gone() -> None:
    """Take folders that no longer exist off the path, so that it does not grow for ever in a service."""
    for gone in [folder for folder in _folders if not os.path.isdir(folder)]:
        _folders.remove(gone)
        if gone in sys.path:
            sys.path.remove(gone)


def _make_room(folder: Path, place: str, *, warn: bool) -> None:
    """Forget modules that other models brought under the names of this one."""
    brought = {path.stem if path.is_file() else path.name for path in folder.iterdir()}
    others = [other for other in _folders if other != place]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in brought:
            continue
        origin = _origin(module)
        if _lies_under(origin, others):
            del sys.modules[name]
        elif warn and name in brought and origin and not _lies_under(origin, [place]):
            _logger.warning("the model brings a module %s, but one of that name is imported already: %s", name, origin)


def _origin(module: object) -> str | None:
    found = getattr(module, "__file__", None)
    if found is None:
        found = next(iter(getattr(module, "__path__", None) or []), None)
    return found if isinstance(found, str) else None


def _lies_under(origin: str | None, folders: list[str]) -> bool:
    return origin is not None and any(origin.startswith(folder + os.sep) for folder in folders)
