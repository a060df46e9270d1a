"""The conformance suite over gitmodels' own flavors; a framework that is not installed is skipped by name."""

import runpy
from pathlib import Path

from gitmodels.testing import FlavorConformance

OWN = runpy.run_path(str(Path(__file__).with_name("flavor_cases.py")))["CASES"]


class TestOwnFlavors(FlavorConformance):
    cases = OWN
