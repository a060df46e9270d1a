"""A flavor for numpy's polynomials: the whole of what a package has to write."""

from pathlib import Path

from gitmodels.errors import InvalidModel
from gitmodels.flavors.base import Saved
from gitmodels.flavors.frameworks import framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "polynomial"
PACKAGES = ("numpy",)
FORMATS = {"npy": "none"}
ROOTS = ("numpy",)
VERSION = ("numpy_version", "numpy")


def save(model, directory, options):
    """Write the coefficients of ``model`` as ``model.npy``."""
    numpy = framework("numpy", "numpy")
    only(options, [], NAME)
    numpy.save(directory / "model.npy", model.coef, allow_pickle=False)
    config = {"numpy_version": numpy.__version__, "data": "model.npy"}
    return Saved(config, {"loader_module": __name__, "data": "model.npy"}, "none")


def load(directory, config):
    """The polynomial back."""
    path = inside(directory, config.get("data"), "data")
    numpy = framework("numpy", "numpy", config.get("numpy_version"))
    with reading(f"the polynomial in {path.name}"):
        coefficients = numpy.load(path, allow_pickle=False)
    if coefficients.ndim != 1 or coefficients.dtype.kind != "f":
        raise InvalidModel("a polynomial is a row of numbers")
    return numpy.polynomial.Polynomial(coefficients)


def predict(model, data, params):
    """The polynomial's value at each number of the table's first column."""
    return model(data.iloc[:, 0].to_numpy())


def code_execution(directory, config):
    """``none``: numbers are read, without pickle."""
    return "none"


def _load_pyfunc(path):
    """What MLflow calls, with the path of the data; ``predict`` of what it gives takes the table."""
    model = load(Path(path).parent, {"data": Path(path).name})
    return type("Loaded", (), {"predict": lambda self, data, params=None: predict(model, data, {})})()
