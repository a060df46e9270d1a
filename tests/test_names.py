"""Names that people give: what is accepted, what is refused with which words, and the safe spelling."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels import names
from gitmodels.errors import Invalid, InvalidName

BIDI = "pro\u202ed"
ZERO_WIDTH = "pro\u200bd"


@pytest.mark.parametrize(
    "name", ["fraud", "Credit Risk", "a..b", "x.lock", "con", "@", "-d", "Größe", "欺诈", "%41", "="]
)
def test_a_model_may_have_any_sensible_name(name: str) -> None:
    assert names.check_model_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../b", "/etc", "C:\\x", "\\\\srv\\x", "a/b", "a:b", "a\\b", "..", ".", "./x", "~/..", "..x"],
)
def test_001_a_model_name_is_no_path(name: str) -> None:
    with pytest.raises(InvalidName):
        names.check_model_name(name)


@pytest.mark.parametrize("name", [None, "", " ", "   ", "\t", ".", "..", "x" * 257, "x" * 10_000, 7, b"fraud"])
def test_002_a_model_name_is_a_string_of_some_but_not_too_many_characters(name: object) -> None:
    with pytest.raises(InvalidName):
        names.check_model_name(name)


def test_002_the_longest_name_passes() -> None:
    assert names.check_model_name("x" * 256) == "x" * 256


HIDDEN = ["\x00", "\n", "\r", "\t", "\x7f", "\x1b[31m", "\x85", "\u2028", "\u2029", "\ud800", "\u00ad", "\ufeff"]


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
@pytest.mark.parametrize(
    "check", [names.check_model_name, names.check_alias, names.check_tag_key, names.check_file_path]
)
def test_003_control_characters_are_refused_wherever_they_stand(check: Callable[[str], str], hidden: str) -> None:
    for text in (f"prod{hidden}", f"{hidden}prod", f"pr{hidden}od"):
        with pytest.raises(InvalidName) as refusal:
            check(text)
        assert refusal.value.message.isprintable() or not names.hidden_character(refusal.value.message)


def test_003_an_alias_may_not_end_in_a_newline() -> None:
    with pytest.raises(InvalidName, match=r"Invalid alias name: 'prod\\n'"):
        names.check_alias("prod\n")


@pytest.mark.parametrize("text", [BIDI, ZERO_WIDTH, "\u2066prod\u2069", "\u200fprod"], ids=ascii)
@pytest.mark.parametrize(
    "check", [names.check_model_name, names.check_alias, names.check_tag_key, names.check_file_path]
)
def test_004_what_cannot_be_seen_is_refused_and_shown_escaped(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(InvalidName) as refusal:
        check(text)
    assert not names.hidden_character(refusal.value.message)


def test_004_an_alias_that_only_looks_like_one_is_refused() -> None:
    with pytest.raises(InvalidName, match=r"pr\\u043ed"):
        names.check_alias("prоd")


def test_005_nfc_and_nfd_are_one_name() -> None:
    assert names.check_model_name("cafe\u0301") == names.check_model_name("caf\u00e9") == "caf\u00e9"


@pytest.mark.parametrize(
    ("one", "other"), [("Prod", "prod"), ("Fraud", "fraud"), ("=f", "F"), ("%41", "A"), ("%", "%25")]
)
def test_006_names_that_differ_are_spelled_apart_even_where_case_is_lost(one: str, other: str) -> None:
    assert names.encode(one).casefold() != names.encode(other).casefold()


@pytest.mark.parametrize("alias", ["latest", "LATEST", "Latest", "v3", "V12", "v0", "v007"])
def test_007_reserved_aliases(alias: str) -> None:
    with pytest.raises(InvalidName, match="reserved"):
        names.check_alias(alias)


@pytest.mark.parametrize(
    "alias", ["", None, "@", "a.b", "a b", "a/b", "nul.yaml", "a.lock", "a..b", "a@{1}", "a.", "a ", 3, "é", "ａ"]
)
def test_007_what_is_no_alias(alias: object) -> None:
    with pytest.raises(InvalidName):
        names.check_alias(alias)


@pytest.mark.parametrize("alias", ["champion", "HEAD", "-d", "--upload-pack", "con", "v", "v3a", "3", "_", "x" * 255])
def test_007_what_is_one(alias: str) -> None:
    assert names.check_alias(alias) == alias


def test_007_too_long_an_alias() -> None:
    with pytest.raises(InvalidName, match="exceeds the maximum length of 255 characters"):
        names.check_alias("x" * 256)


ENCODED = {
    "fraud": "fraud",
    "CreditRisk": "=credit=risk",
    "credit risk": "credit%20risk",
    "a.b": "a.b",
    "a..b": "a.%2eb",
    "a...b": "a.%2e.b",
    ".a": "%2ea",
    "a.": "a%2e",
    "x.lock": "x%2elock",
    "x.lock.y": "x.lock.y",
    "con": "%63on",
    "CON": "=c=o=n",
    "nul.yaml": "%6eul.yaml",
    "com1": "%63om1",
    "@": "%40",
    "a@{1}": "a%40%7b1%7d",
    "HEAD": "=h=e=a=d",
    "é": "%c3%a9",
    "%41": "%2541",
    "=": "%3d",
    "-d": "-d",
}


@pytest.mark.parametrize(("name", "spelling"), ENCODED.items())
def test_007_the_canonical_spelling_and_back(name: str, spelling: str) -> None:
    assert names.encode(name) == spelling
    assert names.decode(spelling) == name


@pytest.mark.parametrize(
    "component",
    ["%41", "%2D", "%zz", "A", "a b", "%", "=1", "x.lock", "con", ".a", "a.", "a..b", "%ff", "é", "a/b", "%2e%2e%"],
)
def test_007_other_spellings_are_no_names(component: str) -> None:
    with pytest.raises(InvalidName):
        names.decode(component)


def test_008_a_name_never_becomes_a_folder() -> None:
    assert "/" not in names.encode("fraud/prod")


@pytest.mark.parametrize("name", ["x" * 201, "é" * 80, "A" * 101, "é" * 67 + "a", "." * 256, "x" * 133 + "é" * 60])
def test_009_a_long_name_is_shortened_to_what_every_file_system_takes(name: str) -> None:
    spelling = names.encode(name)
    assert len(spelling) <= names.MAX_COMPONENT
    with pytest.raises(InvalidName, match="shortened"):
        names.decode(spelling)


def test_009_long_names_with_one_beginning_stay_apart() -> None:
    spellings = {names.encode("x" * 250 + end) for end in ("a", "b", "ab", "A")}
    assert len(spellings) == 4


def test_009_no_ordinary_name_is_taken_for_a_shortened_one() -> None:
    lookalike = "%h" + "0" * 64
    assert names.decode(names.encode(lookalike)) == lookalike


@pytest.mark.parametrize(
    "path", ["model.skops", "data/a.bin", "code/my mod/__init__.py", "é.txt", "a" * 200, "-rf", ".x"]
)
def test_010_paths_a_model_may_hold(path: str) -> None:
    assert names.check_file_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/abs",
        "..",
        "a/../b",
        "../a",
        "a//b",
        "a/",
        "./a",
        "a/.",
        "a\\b",
        "C:/x",
        "a:b",
        "a ",
        "a./b",
        "a.",
        ".git/hooks/x",
        ".GIT",
        "x/.Git/y",
        "git~1",
        "GIT~2",
        ".gitattributes",
        ".gitmodules",
        ".github/x",
        "con",
        "x/NUL.txt",
        "com1.log",
        "a" * 201,
        "é" * 101,
        "a/" * 32 + "b",
        "/".join(["a" * 199] * 6),
    ],
)
def test_010_paths_no_model_may_hold(path: str) -> None:
    with pytest.raises(InvalidName):
        names.check_file_path(path)


@pytest.mark.parametrize(
    ("one", "other"), [("A.bin", "a.bin"), ("caf\u00e9", "cafe\u0301"), ("STRASSE", "straße"), ("\u212a", "k")]
)
def test_011_paths_that_some_file_systems_take_for_one(one: str, other: str) -> None:
    assert names.portable_key(one) == names.portable_key(other)


@pytest.mark.parametrize("key", ["team", "a/b", "mlflow.note.content", "a b", "a:b", "_", "größe", "x" * 250])
def test_tag_keys(key: str) -> None:
    assert names.check_tag_key(key) == key


@pytest.mark.parametrize(
    "key", [None, "", 3, "a,b", "a=b", "../x", "/x", "a//b", ".", "x" * 251, "a\n", "a\\b", "$(x)"]
)
def test_what_is_no_tag_key(key: object) -> None:
    with pytest.raises(InvalidName):
        names.check_tag_key(key)


@pytest.mark.parametrize(
    ("value", "stored"), [("x", "x"), (3, "3"), (1.5, "1.5"), (True, "True"), ("", ""), ("é\n", "é\n")]
)
def test_a_tag_value_is_stored_as_text(value: object, stored: str) -> None:
    assert names.check_tag_value(value) == stored


@pytest.mark.parametrize("value", [None, "x" * 100_001])
def test_what_is_no_tag_value(value: object) -> None:
    with pytest.raises(Invalid):
        names.check_tag_value(value)


@pytest.mark.parametrize(("version", "number"), [(1, 1), ("1", 1), ("7", 7), (2**53, 2**53), (" 7 ", 7)])
def test_versions(version: object, number: int) -> None:
    assert names.check_version(version) == number


@pytest.mark.parametrize(
    "version", [0, -1, "0", "", "x", None, True, 1.0, 1.5, "1.0", 2**53 + 1, "9" * 5000, [], "１", "1_0", float("nan")]
)
def test_what_is_no_version(version: object) -> None:
    with pytest.raises(Invalid, match=r"Parameter 'version' must be an integer"):
        names.check_version(version)


def test_the_messages_are_mlflows() -> None:
    with pytest.raises(InvalidName, match=r"^Missing value for required parameter 'name'\.$"):
        names.check_model_name("")
    with pytest.raises(InvalidName, match=r"^Registered model alias name cannot be empty\.$"):
        names.check_alias("")
    with pytest.raises(InvalidName, match=r"^'latest' alias name \(case insensitive\) is reserved\.$"):
        names.check_alias("latest")
    with pytest.raises(InvalidName, match=r"^Version alias name 'v3' is reserved\.$"):
        names.check_alias("v3")


def test_every_spelling_is_a_ref_for_git(tmp_path: Path) -> None:
    awkward = [*ENCODED, "x" * 256, "." * 256, "a@", "@{", "a~b^c:d?e*f[g", "refs", "-", "--", "a\u00a0b", "😀"]
    for name in awkward:
        ref = f"refs/gitmodels/aliases/{names.encode(name)}/champion"
        done = subprocess.run(["git", "check-ref-format", ref], check=False)
        assert done.returncode == 0, (name, ref)
        folder = tmp_path / names.encode(name)
        folder.mkdir()


def test_shards_spread_names_over_two_hex_digits() -> None:
    shards = {names.shard(names.encode(f"model-{number}")) for number in range(5000)}
    assert len(shards) == 256
    assert names.shard("fraud") == names.shard("fraud")
    assert all(len(shard) == 2 and int(shard, 16) >= 0 for shard in shards)
