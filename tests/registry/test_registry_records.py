"""What each file says, to the byte and back; what is damaged is named with the file it stands in."""

import pytest

from gitmodels import digest, yaml
from gitmodels.errors import GitModelsError, Invalid, InvalidRecord, InvalidYaml
from gitmodels.fields import Fields, format_time, parse_time
from gitmodels.registry.records import NOWHERE, AliasRecord, MetaRecord, ModelRecord, Target, VersionRecord
from gitmodels.values import replace

MANIFEST = digest.of_bytes(b"manifest")
VERSION = VersionRecord(digest.model_id(MANIFEST), MANIFEST, 1_770_091_506_789, "Ana", "ana@example.org", "ab" * 16)
ALIAS = AliasRecord("fraud", "prod", Target(8, MANIFEST), Target(7, MANIFEST), "cd" * 16, {"size": 3}, "better")
MODEL = ModelRecord("fraud", 1, 2, "text", {"team": "risk"})
META = MetaRecord(description="text", tags={"a": "b"}, updated=3)
RECORDS = [MODEL, VERSION, META, ALIAS]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_keys_of_a_newer_gitmodels_survive_a_rewrite(record) -> None:
    told = yaml.load(record.to_yaml()) | {"later": {"x": [1, "no"]}, "also": None}
    read = type(record).from_yaml(yaml.dump(told), "f")
    assert read.rest == {"later": {"x": [1, "no"]}, "also": None}
    assert yaml.load(read.to_yaml()) == told
    assert type(record).from_yaml(read.to_yaml(), "f") == read


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"[]\n",
        b"just text\n",
        b"a: 1\na: 2\n",
        b"a: &x 1\nb: *x\n",
        b"<<: {a: 1}\n",
        b"!!python/object/apply:os.system [x]\n",
        b"1: a\n",
        b"\xff\xfe",
        b"\xef\xbb\xbfname: x\n",
        b"a: 1\n---\nb: 2\n",
        b"<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n",
        b"[" * 5000,
        b"a: " + b"9" * 400 + b"\n",
        b"x" * (2 << 20),
    ],
    ids=range(15),
)
def test_hostile_bytes_are_refused_by_name(record, hostile: bytes) -> None:
    with pytest.raises((InvalidYaml, InvalidRecord), match=r"^models/x\.yaml: |models/x\.yaml"):
        type(record).from_yaml(hostile, "models/x.yaml")


@pytest.mark.parametrize(
    ("record", "key", "value"),
    [
        (MODEL, "name", 7),
        (MODEL, "created", "yesterday"),
        (MODEL, "created", 5),
        (MODEL, "status", "gone"),
        (MODEL, "first", -1),
        (MODEL, "first", True),
        (MODEL, "tags", {"a": 1}),
        (MODEL, "tags", ["a"]),
        (MODEL, "description", ["a"]),
        (VERSION, "manifest", "AB" * 32),
        (VERSION, "manifest", "ab" * 31),
        (VERSION, "model_id", "m-" + "0" * 32),
        (VERSION, "flavors", "sklearn"),
        (VERSION, "flavors", [1]),
        (VERSION, "size", 1.5),
        (VERSION, "author", "Ana"),
        (VERSION, "run", []),
        (META, "stage", "production"),
        (META, "status", "lost"),
        (META, "updated", "2026-02-03"),
        (ALIAS, "target", "fraud@prod -> 08"),
        (ALIAS, "target", "fraud@prod -> 0"),
        (ALIAS, "target", "fraud@prod -> -1"),
        (ALIAS, "target", "fraud@prod -> none"),
        (ALIAS, "target", "fraud@prod -> " + "9" * 400),
        (ALIAS, "target", "fraud -> 8"),
        (ALIAS, "manifest", None),
        (ALIAS, "manifest", "short"),
        (ALIAS, "previous", {"target": "fraud@prod -> 7"}),
        (ALIAS, "previous", {"target": "fraud@other -> none"}),
        (ALIAS, "previous", {"target": 7}),
        (ALIAS, "previous", "fraud@prod -> 7"),
        (ALIAS, "op", None),
        (ALIAS, "summary", "good"),
    ],
)
def test_a_wrong_value_names_the_file(record, key: str, value: object) -> None:
    told = yaml.load(record.to_yaml()) | {key: value}
    with pytest.raises(InvalidRecord, match=r"^models/x\.yaml: "):
        type(record).from_yaml(yaml.dump(told), "models/x.yaml")


def test_plain_words_stay_text() -> None:
    for word in ("no", "017", "1:30", "1e3", "2024-01-01", ".inf", "nan", "null", "~", "true", "0x1F", "=", "- a", "#"):
        record = replace(MODEL, description=word, tags={word: word})
        assert ModelRecord.from_yaml(record.to_yaml(), "f") == record


def test_what_could_not_be_read_back_is_not_written() -> None:
    with pytest.raises(Invalid, match="too much text"):
        replace(MODEL, description="x" * 300_000).to_yaml()
    with pytest.raises(Invalid, match="too much text"):
        replace(META, tags={str(n): "x" * 99_000 for n in range(12)}).to_yaml()
    large = replace(META, tags={str(n): "x" * 99_000 for n in range(9)})
    assert MetaRecord.from_yaml(large.to_yaml(), "f") == large


def test_an_alias_that_points_nowhere_says_none() -> None:
    cleared = replace(ALIAS, target=NOWHERE, summary={}, reason=None)
    assert cleared.to_yaml().startswith(b"target: fraud@prod -> none\nprevious:\n  target: fraud@prod -> 7\n")
    assert AliasRecord.from_yaml(cleared.to_yaml(), "f") == cleared
    short = b"target: fraud@prod -> none\nop: x\n"
    assert AliasRecord.from_yaml(short, "f").previous == NOWHERE


@pytest.mark.parametrize("name", ["a@b", "a -> 3@b", "x@y -> none", "Ünï", "a b"])
def test_odd_names_stand_in_the_telling_line(name: str) -> None:
    record = replace(ALIAS, model=name)
    assert AliasRecord.from_yaml(record.to_yaml(), "f") == record


def test_times_have_one_form() -> None:
    assert parse_time(format_time(253_402_300_799_999)) == 253_402_300_799_999
    assert parse_time("1969-12-31T23:59:59.999Z") == -1
    for text in (
        "2026-02-03T04:05:06Z",
        "2026-02-03T04:05:06.789+00:00",
        "2026-02-30T04:05:06.789Z",
        " 2026",
        "٢٠٢٦-02-03T04:05:06.789Z",
    ):
        with pytest.raises(ValueError):
            parse_time(text)


def test_reading_asks_for_what_is_needed() -> None:
    get = Fields.parse(b"a: x\n", "f")
    assert get.text("b", "default") == "default"
    assert (get.optional("b"), get.strings("b"), get.mapping("b"), get.optional_time("b")) == (None, (), {}, None)
    with pytest.raises(GitModelsError, match="f: 'b' is not a string"):
        get.text("b")
    assert get.rest() == {"a": "x"}


def test_metrics_are_read_from_whatever_a_run_left() -> None:
    assert replace(VERSION, run={"metrics": [{"key": "auc", "value": 0.5}, 3, {"value": 1}]}).metrics == {"auc": 0.5}
    assert replace(VERSION, run={"metrics": "many", "id": 3}).metrics == {}
    assert replace(VERSION, run={"id": 3}).run_id is None
    assert replace(VERSION, run={"id": "ab"}).run_id == "ab"
