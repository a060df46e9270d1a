# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels.api.signature import *  # noqa: F403
