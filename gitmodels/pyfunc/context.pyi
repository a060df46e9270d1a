# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels.api.prediction_context import *  # noqa: F403
