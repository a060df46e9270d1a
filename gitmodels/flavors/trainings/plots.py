"""Figures of a training, drawn outside pyplot: nothing of the user's own figures or back end is touched.

This room knows matplotlib, which need not be installed, and no framework.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

_WIDTH, _HEIGHT = 6.4, 4.8


def drawn(draw: Callable[[Any], None], title: str, size: tuple[float, float] = (_WIDTH, _HEIGHT)) -> Any:
    """A figure (inches) with what ``draw`` puts on its axes."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.size": 8}):
        figure = Figure(size, dpi=175, layout="tight")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        draw(axes)
        axes.set_title(title)
    return figure


def importance(found: Mapping[str, Any], kind: str) -> Any:
    """Bars of what each feature counts for, a bar for each class where there are several numbers.

    None where matplotlib is not installed, or nothing counts.
    """
    if not found or find_spec("matplotlib") is None:
        return None
    values = {name: list(each) if isinstance(each, Sequence) else [each] for name, each in found.items()}
    names = sorted(values, key=lambda name: sum(map(abs, values[name])))
    classes = max(map(len, values.values()))

    def draw(axes: Any) -> None:
        for number in range(classes):
            places = [row + (number - (classes - 1) / 2) * 0.5 / classes for row in range(len(names))]
            axes.barh(places, [values[name][number] for name in names], height=0.5 / classes, label=f"Class {number}")
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("Importance")
        if classes > 1:
            axes.legend()

    crowded = 0.1 * max(0, len(names) - 10) + 0.1 * (classes - 1)
    return drawn(draw, f"Feature Importance ({kind})", (_WIDTH, _HEIGHT + crowded))
