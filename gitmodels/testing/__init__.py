"""The conformance suite for flavors, to be run by whoever writes one: ``pytest --pyargs gitmodels.testing``.

It runs over the cases that installed packages offer in the entry-point group ``gitmodels.testing``. A test module may
also take the checks themselves: derive a class from ``FlavorConformance`` and give it cases. This room knows what a
flavor promises, and no framework; it needs pytest.
"""

import pytest

pytest.register_assert_rewrite("gitmodels.testing.conformance")

from gitmodels.testing.cases import GROUP, Case, offered  # noqa: E402
from gitmodels.testing.conformance import FlavorConformance  # noqa: E402

__all__ = ["GROUP", "Case", "FlavorConformance", "offered"]
