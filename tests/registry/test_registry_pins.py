"""``models.lock`` to the byte, how git merges two of them, and everything that is no such file."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels import digest, yaml
from gitmodels.errors import Conflict, FormatTooNew, GitModelsError, Invalid, InvalidRecord, InvalidYaml
from gitmodels.names import check_model_name
from gitmodels.registry import pins
from gitmodels.registry.pins import Accepted, Pin

Git = Callable[..., str]
ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "formats" / "v1" / "pins"
PAGE = ROOT / "docs" / "format" / "models-lock.md"
ONE, TWO = digest.of_bytes(b"one"), digest.of_bytes(b"two")
STORY = (
    Pin("CreditRisk", 2, ONE, "champion", None, {"inputs": ('{"name": "age", "type": "long"}',)}, Accepted(TWO, "new")),
    Pin("labels", 1, TWO),
    Pin("fraud", 7, TWO, "prod", "https://git.example.org/models.git", {}),
)


def _valid(name: str) -> bool:
    try:
        return check_model_name(name) == name
    except GitModelsError:
        return False


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(_valid)
COLUMNS = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["long", "double"]), "name": st.text(max_size=8)}),
    min_size=1,
    max_size=3,
)
IDS = st.binary(max_size=4).map(digest.of_bytes)


@st.composite
def some_pins(draw: st.DrawFn) -> dict[str, Pin]:
    found = {}
    for name in draw(st.lists(NAMES, max_size=6, unique=True)):
        sides = draw(st.none() | st.dictionaries(st.sampled_from(["inputs", "outputs"]), COLUMNS, max_size=2))
        record = None if sides is None else {side: json.dumps(columns) for side, columns in sides.items()}
        found[name] = Pin(
            name,
            draw(st.integers(1, 10**15 - 1)),
            draw(IDS),
            draw(st.none() | st.sampled_from(["champion", "prod_2"])),
            draw(st.none() | st.just("https://example.org/r.git")),
            None if record is None else pins.signature_of(record),
            draw(st.none() | st.builds(Accepted, IDS, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))),
        )
    return found


@given(some_pins())
def test_what_is_written_is_read_back_the_same_and_yaml_agrees(found: dict[str, Pin]) -> None:
    data = pins.write(found.values())
    assert pins.read(data) == found
    assert pins.write(reversed(list(pins.read(data).values()))) == data
    assert yaml.load(data)["models"].keys() == found.keys()


def test_the_bytes_are_those_of_the_golden_file_and_the_page_shows_them() -> None:
    data = (GOLDEN / "models.lock").read_bytes()
    assert pins.write(STORY) == data
    assert pins.read(data) == {pin.name: pin for pin in STORY}
    assert data.decode() in PAGE.read_text("utf-8")


def test_a_pin_gives_its_signature_back_as_an_mlmodel_file_holds_it() -> None:
    assert STORY[0].signature_record == {
        "inputs": '[{"name": "age", "type": "long"}]',
        "outputs": None,
        "params": None,
    }
    assert STORY[1].signature_record is None
    assert STORY[2].signature_record is None
    assert STORY[0].model_id == digest.model_id(ONE)


def _merged(folder: Path, base: list[Pin], ours: list[Pin], theirs: list[Pin]) -> tuple[int, bytes]:
    for name, found in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(pins.write(found))
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("base", [[], [STORY[1]], list(STORY)])
def test_two_people_who_pin_different_models_merge_cleanly(tmp_path: Path, base: list[Pin]) -> None:
    ours, theirs = Pin("churn", 3, ONE, "champion"), Pin("demand", 4, TWO, "champion")
    code, merged = _merged(tmp_path, base, [*base, ours], [*base, theirs])
    assert code == 0, merged.decode()
    assert pins.read(merged) == {pin.name: pin for pin in [*base, ours, theirs]}
    assert pins.write(pins.read(merged).values()) == merged


def test_moving_one_model_and_adding_another_of_its_letter_merges_cleanly(tmp_path: Path) -> None:
    base = [Pin("fraud", 1, ONE, "prod"), Pin("funds", 1, ONE, "prod")]
    moved, other = Pin("fraud", 2, TWO, "prod"), Pin("funds", 2, TWO, "prod")
    code, merged = _merged(tmp_path, base, [moved, base[1]], [base[0], other])
    assert (code, pins.read(merged)) == (0, {"fraud": moved, "funds": other})


def test_case_35_two_people_who_pin_the_same_model_conflict_and_the_reader_says_so(tmp_path: Path) -> None:
    for base in ([], [Pin("fraud", 1, ONE)]):
        code, merged = _merged(tmp_path, base, [Pin("fraud", 2, TWO)], [Pin("fraud", 3, digest.of_bytes(b"3"))])
        assert code == 1
        with pytest.raises(Conflict, match="unresolved merge") as caught:
            pins.read(merged)
        assert "git models pin" in caught.value.hint
        # Keeping both blocks is not keeping one.
        both = b"\n".join(line for line in merged.split(b"\n") if line[:7] not in (b"<<<<<<<", b"=======", b">>>>>>>"))
        with pytest.raises(Invalid, match="duplicate key"):
            pins.read(both)


BLOCK = f"version: 1\n    manifest: '{ONE}'"
WRONG = {
    "nothing": (b"", InvalidRecord),
    "a list": (b"- a\n", InvalidRecord),
    "a newer format": (b"format: 2\nmodels: {}\n", FormatTooNew),
    "format zero": (b"format: 0\nmodels: {}\n", InvalidRecord),
    "no format": (b"models: {}\n", InvalidRecord),
    "an unknown key": (b"format: 1\nmodels: {}\nmore: 1\n", InvalidRecord),
    "an unknown key of a model": (f"format: 1\nmodels:\n  a:\n    {BLOCK}\n    more: 1\n".encode(), InvalidRecord),
    "a short digest": (b"format: 1\nmodels:\n  a:\n    version: 1\n    manifest: '00'\n", InvalidRecord),
    "an upper-case digest": (
        f"format: 1\nmodels:\n  a:\n    {BLOCK.replace(str(ONE), str(ONE).upper())}\n".encode(),
        InvalidRecord,
    ),
    "version zero": (f"format: 1\nmodels:\n  a:\n    {BLOCK.replace('1', '0', 1)}\n".encode(), InvalidRecord),
    "a version in words": (f"format: 1\nmodels:\n  a:\n    {BLOCK.replace('1', 'x', 1)}\n".encode(), InvalidRecord),
    "a name that is a path": (f"format: 1\nmodels:\n  ../a:\n    {BLOCK}\n".encode(), InvalidRecord),
    "a name that is not composed": (f"format: 1\nmodels:\n  e\u0301:\n    {BLOCK}\n".encode(), InvalidRecord),
    "a hidden character": (f'format: 1\nmodels:\n  "a\\u202e":\n    {BLOCK}\n'.encode(), InvalidRecord),
    "an alias with a newline": (f'format: 1\nmodels:\n  a:\n    {BLOCK}\n    alias: "p\\n"\n'.encode(), InvalidRecord),
    "a registry that is a command": (
        f"format: 1\nmodels:\n  a:\n    {BLOCK}\n    registry: 'ext::sh -c x'\n".encode(),
        InvalidRecord,
    ),
    "a signature that is text": (f"format: 1\nmodels:\n  a:\n    {BLOCK}\n    signature: x\n".encode(), InvalidRecord),
    "an empty signature": (f"format: 1\nmodels:\n  a:\n    {BLOCK}\n    signature: {{}}\n".encode(), InvalidRecord),
    "a column that is no JSON": (
        f"format: 1\nmodels:\n  a:\n    {BLOCK}\n    signature:\n      inputs: ['{{']\n".encode(),
        InvalidRecord,
    ),
    "a model twice": (f"format: 1\nmodels:\n  a:\n    {BLOCK}\n  a:\n    {BLOCK}\n".encode(), InvalidYaml),
    "an anchor": (b"format: 1\nmodels: &a {}\n", InvalidYaml),
    "bytes": (b"\xff\xfe", InvalidYaml),
    "too much": (b"#" * (pins.MAX_SIZE + 1), InvalidYaml),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_is_no_lock_file_is_refused_in_one_line(name: str) -> None:
    data, error = WRONG[name]
    with pytest.raises(error) as caught:
        pins.read(data)
    assert "\n" not in caught.value.message


def test_a_file_edited_by_hand_is_read_whatever_its_spelling() -> None:
    text = f"models: {{fraud: {{version: 7, manifest: '{ONE}'}}}}  # mine\r\nformat: 1\r\n"
    assert pins.read(text.encode()) == {"fraud": Pin("fraud", 7, ONE)}


def test_a_file_past_what_is_read_is_not_written() -> None:
    huge = {"inputs": tuple('{"name": "%s"}' % ("x" * 60_000) for _ in range(80))}
    with pytest.raises(Invalid, match="limit"):
        pins.write([Pin("fraud", 1, ONE, None, None, huge)])
