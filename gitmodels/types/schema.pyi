# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels.api.schema import *  # noqa: F403
