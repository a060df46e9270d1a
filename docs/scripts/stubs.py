"""Writes the type stubs of the public modules, so that editors and mypy see what the finder answers at run time.

python docs/scripts/stubs.py            write them beside the package's modules
python docs/scripts/stubs.py --check    only say which are stale; exit code 1 then
"""

import sys
from itertools import groupby

from pages import settle

from gitmodels.api.modules import MODULES, NAMES, PACKAGE, public_names

HEAD = "# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.\n"


def main() -> int:
    pages = {stub_path(name): module_stub(target) for name, target in MODULES.items()}
    pages[f"{PACKAGE}/__init__.pyi"] = package_stub()
    return settle(pages, "stubs.py")


def stub_path(name: str) -> str:
    """Where the stub of the public module ``name`` stands, from the root."""
    path = name.replace(".", "/")
    is_package = any(other.startswith(f"{name}.") for other in MODULES)
    return f"{path}/__init__.pyi" if is_package else f"{path}.pyi"


def module_stub(target: str) -> str:
    """A stub that gives a public module all names of the one that implements it (or builds it)."""
    return f"{HEAD}\nfrom {target.partition(':')[0]} import *  # noqa: F403\n"


def package_stub() -> str:
    """The stub of the package itself: its names from their modules, its modules as attributes."""
    lines = [HEAD]
    modules = sorted({name.split(".")[1] for name in MODULES})
    lines.extend(f"from {PACKAGE} import {name} as {name}" for name in modules)
    by_module = sorted(NAMES, key=lambda name: (NAMES[name], name))
    for module, names in groupby(by_module, key=NAMES.__getitem__):
        lines.extend(f"from {module} import {name} as {name}" for name in names)
    lines += ["", "__version__: str", "", "__all__ = ["]
    lines.extend(f'    "{name}",' for name in public_names())
    lines += ["]", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
