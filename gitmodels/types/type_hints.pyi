# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from gitmodels.api.type_hints import *  # noqa: F403
