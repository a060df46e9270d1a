"""Making many values at once without looking for garbage among them.

This room knows Python's collector and nothing else.
"""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Many values are about to be made and none of them is garbage: looking for some would cost more than they do."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
