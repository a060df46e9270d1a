"""The table of tools that models can be brought from and handed to, by the scheme in front of a place.

The table is words only: a tool's file is imported when somebody names it, so knowing them all costs nothing.
"""

import importlib
from collections.abc import Mapping

from gitmodels.errors import Invalid
from gitmodels.exchange.plan import Way
from gitmodels.uris import without_credentials
from gitmodels.values import frozen


@frozen
class Source:
    """One tool: what its place looks like, and ``module:function`` for each way that there is."""

    place: str
    imports: str | None = None
    exports: str | None = None


SOURCES: dict[str, Source] = {
    "mlflow": Source(
        "mlflow:URI",
        imports="gitmodels.exchange.mlflow.reading:read",
        exports="gitmodels.exchange.mlflow.writing:write",
    ),
    "hf": Source("hf:FOLDER", "gitmodels.exchange.hf:read_hf", "gitmodels.exchange.hf_export:export_hf"),
    "dvc": Source("dvc:REPOSITORY[#REV]", "gitmodels.exchange.dvc:read_dvc"),
    "gto": Source("gto:REPOSITORY", "gitmodels.exchange.gto:read_gto"),
    "lfs": Source("lfs:REPOSITORY[#REV]", "gitmodels.exchange.lfs:read_lfs"),
}


def importer(source: str) -> tuple[Way, str]:
    """The function that reads ``source``, such as ``hf:models/bert``, and the place it is told. Raises Invalid."""
    return _found(source, "import", {scheme: row.imports for scheme, row in SOURCES.items()})


def exporter(source: str) -> tuple[Way, str]:
    """The function that hands out to ``source``, and the place it is told. Raises Invalid."""
    return _found(source, "export", {scheme: row.exports for scheme, row in SOURCES.items()})


def _found(source: str, verb: str, known: Mapping[str, str | None]) -> tuple[Way, str]:
    scheme, _, location = source.partition(":")
    target = known.get(scheme.lower())
    if target is None:
        preposition = "from" if verb == "import" else "to"
        ways = ", ".join(SOURCES[each].place for each, way in known.items() if way)
        raise Invalid(
            f"cannot {verb} {preposition} {without_credentials(source)[:200]!r}: it does not begin with the name of a "
            "tool that is known here and a colon",
            hint=f"there are: {ways}",
        )
    module, _, function = target.partition(":")
    way: Way = getattr(importlib.import_module(module), function)
    return way, location
