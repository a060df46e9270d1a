"""The conformance suite over the cases of installed packages: ``pytest --pyargs gitmodels.testing``."""

from gitmodels.testing import FlavorConformance, offered


class TestFlavors(FlavorConformance):
    """Every case that an installed package offers in the entry-point group ``gitmodels.testing``."""

    cases = offered()
