"""Which tools there are, how steps are told, and what stays shown when one of them cannot be done."""

import io
import json
from collections.abc import Iterator

import pytest

from gitmodels.api.settings import Settings
from gitmodels.cli import exchanging
from gitmodels.cli.options import Call
from gitmodels.cli.output import Output
from gitmodels.errors import Invalid, RemoteError
from gitmodels.exchange import sources
from gitmodels.exchange.plan import LEFT_OUT, Choice, Step
from gitmodels.values import replace

STEPS = [
    Step("version", "fraud", 1, "2 files", done=True),
    Step(LEFT_OUT, "fraud", None, "alias größe: not ASCII", done=False),
    Step("version", "fraud", 2, "", done=True),
]


def call() -> Call:
    return Call(Settings.read({}), Output(io.StringIO()), Output(io.StringIO()))


def written(output: Output) -> str:
    stream = output.stream
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def stopped() -> Iterator[Step]:
    yield STEPS[0]
    raise RemoteError("the server is gone")


def refused() -> Iterator[Step]:
    raise RemoteError("the server is gone")
    yield STEPS[0]


@pytest.mark.parametrize(("find", "verb"), [(sources.importer, "import"), (sources.exporter, "export")])
@pytest.mark.parametrize("source", ["elsewhere:x", "", ":", "no-colon", "https://ana:secret@example.org/models"])
def test_a_tool_that_is_unknown_is_named_with_those_there_are(find: object, verb: str, source: str) -> None:
    assert callable(find)
    with pytest.raises(Invalid, match=f"cannot {verb}") as caught:
        find(source)
    assert "secret" not in caught.value.message
    for scheme, row in sources.SOURCES.items():
        there = row.imports if verb == "import" else row.exports
        assert (row.place in caught.value.hint) == (there is not None), scheme


@pytest.mark.parametrize("scheme", sorted(sources.SOURCES))
def test_every_row_of_the_table_names_functions_that_are_there(scheme: str) -> None:
    row = sources.SOURCES[scheme]
    assert row.place.partition(":")[0] == scheme
    assert row.imports or row.exports
    for there, find in ((row.imports, sources.importer), (row.exports, sources.exporter)):
        if there is not None:
            way, location = find(f"{scheme.upper()}:a:b")
            assert callable(way)
            assert location == "a:b"


def test_what_is_left_out_is_told_apart_from_what_was_done() -> None:
    told = call()
    exchanging.tell(told, iter(STEPS), "imported", dry_run=False)
    assert written(told.out) == "version fraud/1: 2 files\nversion fraud/2\n"
    assert written(told.err) == "left out fraud: alias größe: not ASCII\nimported: 2 versions; 1 left out\n"


def test_a_plan_says_that_it_is_one_and_nothing_to_do_is_told() -> None:
    assert exchanging.summary(STEPS[:1], "exported", dry_run=True) == "would be exported: 1 version"
    assert exchanging.summary([], "imported", dry_run=False) == "nothing to be imported: all of it is there"


@pytest.mark.parametrize("as_json", [False, True])
def test_what_was_done_before_it_stopped_is_shown(as_json: bool) -> None:
    told = replace(call(), json=as_json)
    with pytest.raises(RemoteError):
        exchanging.tell(told, stopped(), "imported", dry_run=False)
    shown = written(told.out)
    assert (json.loads(shown)[0]["version"] == 1) if as_json else shown == "version fraud/1: 2 files\n"
    assert written(told.err) == "stopped; imported: 1 version\n"


def test_nothing_is_called_done_when_the_first_step_cannot_be_done() -> None:
    told = call()
    with pytest.raises(RemoteError):
        exchanging.tell(told, refused(), "imported", dry_run=False)
    assert written(told.err) == ""


def test_several_are_told_in_their_plural() -> None:
    steps = [Step("alias", "fraud", 1, each, done=True) for each in ("a", "b")]
    assert exchanging.summary(steps, "imported", dry_run=False) == "imported: 2 aliases"


def test_a_choice_of_versions_leaves_the_model_chosen() -> None:
    choice = Choice(models=("fraud",), versions=(2,))
    assert (choice.has("fraud"), choice.has("fraud", 2), choice.has("fraud", 1), choice.has("other")) == (
        True,
        True,
        False,
        False,
    )
