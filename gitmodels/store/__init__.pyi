# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels.api.store import *  # noqa: F403
