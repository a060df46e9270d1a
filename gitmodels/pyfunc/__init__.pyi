# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels.api.pyfunc import *  # noqa: F403
