"""What the flavor is tested with."""

import numpy
import pandas

from gitmodels.testing import Case


def cases():
    """One polynomial of degree two."""
    return [
        Case(
            "polynomial",
            make=lambda: numpy.polynomial.Polynomial.fit([0.0, 1.0, 2.0], [1.0, 3.0, 7.0], 2).convert(),
            data=lambda: pandas.DataFrame({"x": [0.5, 1.5]}),
            answer=lambda model, data: model(data["x"].to_numpy()),
        )
    ]
