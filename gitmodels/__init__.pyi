# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels import exceptions as exceptions
from gitmodels.api.exceptions import GitModelsError as GitModelsError
from gitmodels.api.exceptions import MlflowException as MlflowException

__version__: str

__all__ = [
    "GitModelsError",
    "MlflowException",
    "__version__",
    "exceptions",
]
