# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels.api.data import *  # noqa: F403
