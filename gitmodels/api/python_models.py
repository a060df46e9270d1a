"""The public module ``gitmodels.pyfunc.model``: MLflow's older home of the classes for models written in Python."""

from gitmodels.flavors.python_model import PythonModel, PythonModelContext

__all__ = ["PythonModel", "PythonModelContext"]
