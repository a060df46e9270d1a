"""Which flavors there are, as plain documents: what each needs, what of that is installed, what its formats run.

Versions come from what is installed beside a distribution, so no framework is imported, and of other people's flavors
no code either. This room formats nothing for a terminal.
"""

from importlib.metadata import entry_points
from typing import Any

from gitmodels import flavors
from gitmodels.errors import MissingDependency
from gitmodels.flavors.frameworks import installed

OURS = "gitmodels"


def known() -> list[dict[str, Any]]:
    """One document per flavor: those that come with gitmodels, then those that other packages offer, by name."""
    return [_own(name) for name in flavors.names()] + _offered()


def _own(name: str) -> dict[str, Any]:
    try:
        flavor = flavors.get(name)
    except MissingDependency:
        return _document(name, OURS, installed=False)
    found = {package: installed(package) for package in flavor.PACKAGES}
    packages = {package: None if one is None else one[1] for package, one in found.items()}
    return _document(name, OURS, None not in packages.values()) | {
        "packages": packages,
        "formats": dict(flavor.FORMATS),
    }


def _offered() -> list[dict[str, Any]]:
    entries = sorted(entry_points(group=flavors.GROUP), key=lambda entry: entry.name)
    # Who offers a name that is ours is never asked for it.
    return [
        _document(entry.name, entry.dist.name if entry.dist is not None else entry.value, installed=True)
        for entry in entries
        if entry.name not in flavors.MODULES
    ]


def _document(name: str, source: str, installed: bool) -> dict[str, Any]:
    return {"name": name, "from": source, "installed": installed, "packages": {}, "formats": {}}
