"""Enforcing a column schema on a DataFrame: compiled once for a layout, then a few comparisons a call.

This room knows frames and schemas, no other data. A plan belongs to one layout (column labels and dtypes) and says
where each column of the schema stands and what it needs. A frame that conforms comes back as a shallow copy; nothing
is ever written into the caller's. The last plans are kept on the Schema, immutable, so threads may share it.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from gitmodels.errors import SchemaMismatch
from gitmodels.mlmodel.columns import column_step
from gitmodels.mlmodel.schema import ColSpec, Schema
from gitmodels.values import frozen

log = logging.getLogger("gitmodels")

KEPT_PLANS = 8
_SHOWN = 20


@frozen
class Plan:
    """What a frame of these ``columns`` and ``dtypes`` needs, by the place of each column in the result."""

    columns: Any
    dtypes: list[Any]
    places: list[int]
    in_order: bool
    widen: tuple[tuple[Any, list[int]], ...]  # dtype → places in the result
    look: tuple[tuple[int, ColSpec, Any], ...]
    labels: Any


def enforce_frame(frame: Any, schema: Schema) -> Any:
    """A new frame with the schema's columns in its order. Raises SchemaMismatch.

    >>> import pandas
    >>> from gitmodels.mlmodel.schema import ColSpec
    >>> enforce_frame(pandas.DataFrame({"b": [1], "a": [2]}), Schema([ColSpec("long", "a")])).columns.tolist()
    ['a']
    """
    columns = frame.columns
    dtypes = _dtypes(frame)
    for plan in schema._compiled or ():
        if (plan.columns is columns or plan.columns.equals(columns)) and plan.dtypes == dtypes:
            break
    else:
        plan = _compile(columns, dtypes, schema)
        schema._compiled = (plan, *(schema._compiled or ())[: KEPT_PLANS - 1])
    if not plan.widen and not plan.look:
        return frame.copy(deep=_copies_are_eager()) if plan.in_order else _pick(frame, plan)
    return _convert(frame, plan)


def _dtypes(frame: Any) -> list[Any]:
    """The dtypes of a frame: asked of its blocks, since ``frame.dtypes`` builds a Series, half the cost of a call."""
    try:
        dtypes: list[Any] = frame._mgr.get_dtypes().tolist()
    except AttributeError:
        dtypes = frame.dtypes.tolist()
    return dtypes


def _pick(frame: Any, plan: Plan) -> Any:
    return frame.take(plan.places, axis=1)


def _convert(frame: Any, plan: Plan) -> Any:
    """Columns that widen to one dtype are converted as one block; the rest keeps its blocks."""
    import pandas as pd

    changed = {place for _, places in plan.widen for place in places} | {place for place, _, _ in plan.look}
    pieces = []
    order: list[int] = []
    if kept := [place for place in range(len(plan.places)) if place not in changed]:
        pieces.append(frame.take([plan.places[place] for place in kept], axis=1))
        order += kept
    for dtype, places in plan.widen:
        block = frame.take([plan.places[place] for place in places], axis=1).to_numpy().astype(dtype)
        pieces.append(pd.DataFrame(block, index=frame.index))
        order += places
    for place, spec, step in plan.look:
        pieces.append(step(frame.iloc[:, plan.places[place]], spec))
        order.append(place)
    joined = pd.concat(pieces, axis=1, ignore_index=True) if len(pieces) > 1 else pd.DataFrame(pieces[0])
    if order != list(range(len(order))):
        joined = joined.take(sorted(range(len(order)), key=order.__getitem__), axis=1)
    joined.columns = plan.labels
    return joined


def _compile(columns: Any, dtypes: list[Any], schema: Schema) -> Plan:
    specs = schema.inputs
    if schema.has_input_names():
        specs, places = _find(columns, specs)
    else:
        if len(columns) < len(specs):
            raise SchemaMismatch(
                f"Model inference is missing inputs. The model signature declares {len(specs)} inputs  but the "
                f"provided value only has {len(columns)} inputs. Note: the inputs were not named in the signature "
                "so we can only verify their count."
            )
        places = list(range(len(specs)))
    widen: dict[tuple[Any, Any], list[int]] = {}
    look = []
    for place, spec in enumerate(specs):
        dtype = dtypes[places[place]]
        step = column_step(dtype, spec.type)
        if callable(step):
            look.append((place, spec, step))
        elif step is not None:
            widen.setdefault((dtype, step), []).append(place)
    return Plan(
        columns=columns,
        dtypes=dtypes,
        places=places,
        in_order=places == list(range(len(columns))),
        widen=tuple((step, where) for (_, step), where in widen.items()),
        look=tuple(look),
        labels=columns.take(places),
    )


def _find(columns: Any, specs: list[Any]) -> tuple[list[Any], list[int]]:
    """The specs that are there, and where. Raises SchemaMismatch for required ones that are not."""
    where: dict[Any, int] = {}
    twice = set()
    for place, label in enumerate(columns.tolist()):
        if label in where:
            twice.add(label)
        where.setdefault(label, place)
    present = [spec for spec in specs if spec.name in where]
    extra = list(where.keys() - {spec.name for spec in specs})
    check_missing([spec.name for spec in specs if spec.required and spec.name not in where], extra)
    if ambiguous := [spec.name for spec in present if spec.name in twice]:
        raise SchemaMismatch(f"column {ambiguous[0]!r} appears more than once in the data", column=ambiguous[0])
    return present, [where[spec.name] for spec in present]


def check_missing(missing: list[Any], extra: list[Any]) -> None:
    """Raises SchemaMismatch with MLflow's sentence when inputs are missing; logs inputs nobody asked for."""
    extra = sorted(extra, key=str)
    shown = str(extra) if len(extra) <= _SHOWN else f"{extra[:_SHOWN]} and {len(extra) - _SHOWN} more"
    if missing:
        note = f" Note that there were extra inputs: {shown}." if extra else ""
        raise SchemaMismatch(f"Model is missing inputs {missing}.{note}", missing=missing)
    if extra:
        log.warning("inputs that the model's signature does not have are ignored: %s", shown)


@cache
def _copies_are_eager() -> bool:
    """Before pandas 3 a shallow copy shares memory that a model may write into; since then it copies on write."""
    import pandas as pd

    return int(pd.__version__.partition(".")[0]) < 3
