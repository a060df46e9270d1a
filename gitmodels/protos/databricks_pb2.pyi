# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels.api.error_codes import *  # noqa: F403
