"""The public module ``gitmodels.types.type_hints``: the hint of a model that takes data as its example was."""

from gitmodels.flavors.python_model import TypeFromExample

__all__ = ["TypeFromExample"]
