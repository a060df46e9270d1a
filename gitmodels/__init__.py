"""gitmodels: a git-native model registry with content-addressed storage.

The public names are MLflow's and are resolved on first use, so importing this module loads nothing heavy. What is
public, and where it is written, stands in ``gitmodels.api.modules``; this file holds no logic of its own.
"""

from gitmodels.api import modules as _modules

TYPE_CHECKING = False  # importing typing would be most of what importing the package costs
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"
__all__ = _modules.public_names()

_modules.install()


def __getattr__(name: str) -> "Any":
    value = _modules.attribute(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
