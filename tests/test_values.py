"""Value classes: what a dataclass promises, made without its cost."""

import copy
import inspect
import pickle
from functools import cached_property
from typing import Any

import pytest

from gitmodels.values import field, frozen, replace


@frozen
class Point:
    x: int
    y: int = 0
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def sum(self) -> int:
        return self.x + self.y


@frozen
class Named(Point):
    name: str = "origin"


@frozen
class Nothing:
    pass


@frozen
class Checked:
    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("negative")

    @cached_property
    def squares(self) -> list[int]:
        return [self.size**2]


def test_fields_come_by_place_by_name_and_by_default() -> None:
    assert (Point(1, 2).x, Point(y=2, x=1).y, Point(1).y, Point(1).sum) == (1, 2, 0, 1)


@pytest.mark.parametrize("arguments", [(), (1, 2, {}, 4)])
def test_missing_and_surplus_arguments_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="argument"):
        Point(*arguments)


def test_every_instance_has_a_default_of_its_own() -> None:
    first, second = Point(1), Point(1)
    first.tags["a"] = "b"
    assert second.tags == {}


def test_no_field_is_set_or_deleted_and_nothing_is_added() -> None:
    point: Any = Point(1)
    for name in ("x", "z"):
        with pytest.raises(AttributeError):
            setattr(point, name, 2)
        with pytest.raises(AttributeError):
            delattr(point, name)
    assert not hasattr(point, "__dict__")


def test_values_are_equal_when_class_and_fields_are() -> None:
    assert Point(1, 2) == Point(1, 2) != Point(1, 3)
    assert Point(1) != Named(1)
    assert Point(1) != (1, 0, {})
    assert Checked(1) != 1
    assert hash(Checked(1)) == hash(Checked(1))
    assert Nothing() == Nothing()
    assert len({Checked(1), Checked(1), Checked(2)}) == 2


def test_a_value_shows_its_fields() -> None:
    assert repr(Named(1, name="n")) == "Named(x=1, y=0, tags={}, name='n')"


def test_a_method_of_the_class_itself_is_kept() -> None:
    @frozen
    class Own:
        x: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    assert repr(Own(1)) == "own"
    assert Own(1) == Own(2)


def test_fields_of_a_base_come_first() -> None:
    assert Named.__match_args__ == ("x", "y", "tags", "name")
    match Named(1, 2):
        case Named(x, y, _, name):
            assert (x, y, name) == (1, 2, "origin")


def test_the_check_after_making_is_asked_each_time() -> None:
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)
    with pytest.raises(ValueError, match="negative"):
        replace(Checked(1), size=-1)


def test_what_is_found_once_is_kept() -> None:
    checked = Checked(3)
    assert checked.squares is checked.squares


def test_replacing_makes_another_and_knows_the_fields() -> None:
    point = Named(1, 2, {"a": "b"})
    assert replace(point, y=5) == Named(1, 5, {"a": "b"})
    assert point.y == 2
    with pytest.raises(TypeError):
        replace(point, z=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("value", [Point(1, 2, {"a": "b"}), Named(1), Nothing(), Checked(2)])
def test_values_are_copied_and_pickled(value: object) -> None:
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value


def test_the_signature_tells_names_types_and_defaults() -> None:
    assert str(inspect.signature(Named)) == (
        "(x: int, y: int = 0, tags: dict[str, str] = <factory>, name: str = 'origin') -> None"
    )
