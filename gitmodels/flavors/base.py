"""What a flavor is: a module that knows one framework and nothing of git, stores, registries or MLmodel files.

Packaging calls the flavor; a flavor never calls packaging. Modules satisfy the protocol, no class is needed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from gitmodels.values import field, frozen

Config = Mapping[str, Any]


@frozen
class Saved:
    """What ``save`` wrote: MLflow's entries for the MLmodel file, and what loading it may run.

    ``config`` goes under ``flavors.<name>``; ``pyfunc`` holds the keys the ``python_function`` entry needs beside
    ``env`` and ``python_version`` (``loader_module`` is MLflow's, so that MLflow loads the directory);
    ``code_execution`` is one of ``none``, ``pickle``, ``python-code``, ``remote-code``.
    """

    config: dict[str, Any]
    pyfunc: dict[str, Any] = field(default_factory=dict)
    code_execution: str = "none"


class Flavor(Protocol):
    """The names a flavor module defines.

    It may define three more: ``VERSION``, the key of its configuration that notes the framework's version and the
    module that has it, for a warning at loading; ``load_to_predict(directory, config)``, what ``predict`` is given when
    that is not what ``load`` gives (``config["config"]`` is then the model configuration in force); and
    ``example(value)``, an input example as packaging can keep it, or None.
    """

    @property
    def NAME(self) -> str:
        """The key under ``flavors`` in MLmodel: ``sklearn``."""
        ...

    @property
    def PACKAGES(self) -> tuple[str, ...]:
        """Distributions a loader must have installed: ``("scikit-learn",)``."""
        ...

    @property
    def FORMATS(self) -> Mapping[str, str]:
        """What it writes, the default first, and what loading that may run: ``{"skops": "none"}``."""
        ...

    def save(self, model: Any, directory: Path, options: Config) -> Saved:
        """Write ``model`` into the existing empty ``directory``; ``options`` are the flavor's own keywords."""
        ...

    def load(self, directory: Path, config: Config) -> Any:
        """The native object back from ``directory``. Trust was decided before; never weaken the loader here."""
        ...

    def predict(self, model: Any, data: Any, params: Config) -> Any:
        """What the python_function interface answers for enforced ``data``."""
        ...

    def code_execution(self, directory: Path, config: Config) -> str:
        """What loading this directory may run, judged from bytes and config without importing or running any."""
        ...
