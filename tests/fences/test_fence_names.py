"""What is public, and how errors are told apart."""

import re
from importlib import import_module

import pytest

import gitmodels
from gitmodels import errors
from gitmodels.api.modules import MODULES


def test_the_packages_names_are_sorted_and_importable() -> None:
    assert gitmodels.__all__ == sorted(set(gitmodels.__all__))
    for name in gitmodels.__all__:
        assert getattr(gitmodels, name) is not None
    assert dir(gitmodels) == gitmodels.__all__


@pytest.mark.parametrize("name", sorted(MODULES))
def test_the_names_of_a_public_module_are_listed_sorted_and_importable(name: str) -> None:
    module = import_module(name)
    assert hasattr(module, "__all__"), f"{module.__name__} has no __all__, so nobody knows what of it is public"
    # Constants first, then classes, then functions: what ruff's RUF022 keeps.
    assert len(module.__all__) == len(set(module.__all__))
    for public in module.__all__:
        assert hasattr(module, public), f"{name}.{public}"


def test_the_version_is_a_literal_and_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", gitmodels.__version__)


def _classes() -> list[type[errors.GitModelsError]]:
    found, waiting = [], [errors.GitModelsError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__ == errors.__name__]


def _tree() -> dict[str, tuple[str, int | None]]:
    """What the module's docstring draws: class -> (family, exit code where one is drawn)."""
    assert errors.__doc__ is not None
    drawn: dict[str, tuple[str, int | None]] = {}
    family = ""
    for line in errors.__doc__.splitlines():
        if match := re.match(r"    (├─|└─) (\w+)[^0-9]*(\d+)", line):
            family = match[2]
            drawn[family] = ("GitModelsError", int(match[3]))
        elif match := re.match(r"    GitModelsError +(\d+)", line):
            drawn["GitModelsError"] = ("Exception", int(match[1]))
        elif line.startswith("    │"):
            drawn |= {name: (family, None) for name in re.findall(r"[├└]─ (\w+)", line)}
    return drawn


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    drawn = _tree()
    assert {kind.__name__: kind.__bases__[0].__name__ for kind in _classes()} == {
        name: family for name, (family, _) in drawn.items()
    }
    for kind in _classes():
        code = drawn[kind.__name__][1]
        assert code is None or code == kind.exit_code


def test_each_family_has_an_exit_code_of_its_own_and_leaves_keep_it() -> None:
    families = [errors.GitModelsError, *errors.GitModelsError.__subclasses__()]
    codes = [kind.exit_code for kind in families if kind.__module__ == errors.__name__]
    assert len(codes) == len(set(codes))
    assert set(codes) & {0, 2, 70, 130, 141} == set()
    for kind in _classes():
        family = kind if kind in families else kind.__bases__[0]
        assert kind.exit_code == family.exit_code
