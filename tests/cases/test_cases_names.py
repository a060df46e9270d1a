"""Cases 1–9: names of models, versions, aliases and tags that are refused, wherever a command takes them."""

import unicodedata
from typing import Any

import pytest

from gitmodels import errors
from gitmodels.api import context
from gitmodels.client import MlflowClient as Client

PATHS = ["../x", "a/../b", "/etc", "C:\\x", "\\\\srv\\x", "..", ".", "a/b"]
NOTHINGS = ["", " ", "   ", "n" * 257, "n" * 10_000]
CONTROLS = ["a\x00b", "a\nb", "prod\n", "a\rb", "a\tb", "a\x7fb", "a\x1b[2Jb"]
UNSEEN = ["pro\u202ed", "pro\u200bd", "\ufeffprod", "pro\u2028d", "pro\u2066d"]
NO_ALIASES = ["latest", "LATEST", "v3", "V12", "@", "nul.yaml", "a.lock", "a..b", "a@{1}", "a.", "a ", "~", "a^", "a:b"]


def everywhere(name: str) -> list[tuple[str, ...]]:
    """Every command that takes the name of a model, with ``name`` in its place."""
    new = [("register", "code.py"), ("mv", "fraud"), ("cp", "fraud/1")]
    old = [("ls",), ("log",), ("alias", "ls"), ("rm",)]
    return [(*command, "--", name) if name.startswith("-") else (*command, name) for command in [*new, *old]] + [
        ("alias", "set", "--", name, "x", "1"),
        ("alias", "rm", "--", name, "x"),
        ("rollback", "--", name, "x"),
        ("mv", "--", name, "other"),
    ]


@pytest.mark.parametrize("name", PATHS)
def test_case_01_a_model_name_is_no_path(bench: Any, name: str) -> None:
    for command in everywhere(name)[:3]:
        bench.refuses(4, *command)
    for command in everywhere(name)[3:]:
        done = bench.run(*command)
        assert done.code in (3, 4), (command, done)


@pytest.mark.parametrize("name", NOTHINGS, ids=lambda name: f"{len(name)} long")
def test_case_02_a_model_name_is_some_text_but_not_too_much(bench: Any, name: str) -> None:
    for command in everywhere(name):
        if command in (("rm", name), ("log", name), ("ls", name)) and not name:
            continue  # no name at all: these list everything, or are told so below
        bench.refuses(4, *command)


@pytest.mark.parametrize("command", ["rm", "show", "cat", "checkout", "predict"])
def test_case_02_an_empty_reference(bench: Any, command: str) -> None:
    more = [str(bench.path.parent / "out")] if command == "checkout" else []
    bench.refuses(4, command, "", *more)


@pytest.mark.parametrize("name", CONTROLS + UNSEEN, ids=lambda name: name.encode("unicode_escape").decode())
def test_case_03_case_04_what_cannot_be_seen_is_refused_and_shown_escaped(bench: Any, name: str) -> None:
    for command in everywhere(name):
        done = bench.refuses(4, *command)
        assert name not in done.err
    bench.refuses(4, "alias", "set", "fraud", name, "1")
    bench.refuses(4, "tag", "set", "fraud", f"{name}=x")
    bench.refuses(4, "show", f"{name}/1")
    bench.refuses(4, "show", f"fraud@{name}")


def test_case_04_a_look_alike_alias_is_refused_and_a_look_alike_model_is_another(bench: Any) -> None:
    bench.refuses(4, "alias", "set", "fraud", "pr\u043ed", "1")
    bench.works("register", "code.py", "fr\u0430ud")
    assert "fr\u0430ud" in bench.works("ls")
    assert '"fraud"' in bench.works("ls", "--json")
    assert bench.run("show", "fr\u0430ud/2").code == 3


def test_case_05_nfd_names_the_model_that_nfc_named(bench: Any) -> None:
    composed, decomposed = (unicodedata.normalize(form, "caf\u00e9") for form in ("NFC", "NFD"))
    assert composed != decomposed
    bench.works("register", "code.py", composed)
    assert bench.works("register", "code.py", decomposed).strip() == f"{composed}/2"
    bench.works("alias", "set", decomposed, "prod", "2")
    assert bench.works("show", "--json", f"{composed}@prod") == bench.works("show", "--json", f"{decomposed}/2")
    bench.refuses(5, "mv", "spam", decomposed)


def test_case_06_names_that_differ_in_case_are_two_and_no_path_meets_another(bench: Any) -> None:
    bench.works("register", "code.py", "Fraud")
    bench.works("alias", "set", "fraud", "Champion", "2")
    bench.works("alias", "set", "Fraud", "champion", "1")
    shown = [bench.works("show", "--json", ref) for ref in ("fraud@champion", "fraud@Champion", "Fraud@champion")]
    assert len(set(shown)) == 3
    refs = bench.git("for-each-ref", "--format=%(refname)").split()
    files = bench.git("ls-tree", "-r", "--name-only", "gitmodels").split()
    for names in (refs, files):
        assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize("alias", [*NO_ALIASES, "HEAD/x", "con.txt", "a" * 256, "pr\u00f6d"])
def test_case_07_what_is_no_alias(bench: Any, alias: str) -> None:
    bench.refuses(4, "alias", "set", "fraud", alias, "1")


@pytest.mark.parametrize("alias", ["HEAD", "-d", "--upload-pack=x", "--upload-pack", "con", "CON", "nul", "=", "--"])
def test_case_07_what_looks_like_an_option_or_a_device_is_data(bench: Any, alias: str) -> None:
    done = bench.run("alias", "set", "--", "fraud", alias, "1")
    if done.code == 0:
        assert f"@{alias}" in bench.works("alias", "ls", "fraud") or alias in bench.works("alias", "ls", "fraud")
        ref = bench.git("for-each-ref", "--format=%(refname)", "refs/gitmodels/aliases/fraud").split()
        assert len(ref) == 2
        bench.git("fsck", "--strict")
        bench.works("show", f"fraud@{alias}")
        bench.works("alias", "rm", "--", "fraud", alias)
    else:
        assert done.code == 4, done


ODD = ["-d", "--json", "--upload-pack=x", "con", "aux.txt", "a.lock", "a..b", "a@b", ".x", "x."]


@pytest.mark.parametrize("name", ODD)
def test_case_07_odd_model_names_round_trip(bench: Any, name: str) -> None:
    done = bench.run("register", "--", "code.py", name)
    if done.code:
        assert done.code == 4, done
        return
    assert done.out.strip() == f"{name}/1"
    assert f'"name": "{name}"' in bench.works("ls", "--json")
    bench.works("alias", "set", "--", name, "prod", "1")
    bench.works("ls", "--", name)
    bench.works("show", "--", f"models:/{name}/1")
    bench.git("fsck", "--strict")
    assert len(bench.git("for-each-ref", "refs/gitmodels/aliases").splitlines()) == 2


def test_case_08_a_name_never_stands_below_another(bench: Any) -> None:
    bench.refuses(4, "register", "code.py", "fraud/prod")
    bench.works("register", "code.py", "fraud.prod")
    bench.works("register", "code.py", "fraud%2fprod")
    bench.works("alias", "set", "fraud.prod", "champion", "1")
    bench.works("alias", "set", "fraud%2fprod", "champion", "1")
    bench.git("fsck", "--strict")


@pytest.mark.parametrize("name", ["n" * 250, "n" * 255, "n" * 256, "\u00fc" * 256, "N" * 256, "%" * 256])
def test_case_09_long_names_fit_every_file_system(bench: Any, name: str) -> None:
    bench.works("register", "code.py", name)
    bench.works("alias", "set", name, "a" * 255, "1")
    assert bench.works("show", "--json", f"{name}@{'a' * 255}")
    for path in bench.git("ls-tree", "-r", "-t", "--name-only", "gitmodels").split():
        assert max(len(part) for part in path.split("/")) <= 205
    bench.refuses(4, "register", "code.py", "n" * 4096)


@pytest.mark.parametrize("version", ["0", "-1", "1.5", "1e3", "x", "\u0661", "1_0", "9" * 30, "", " ", "latest"])
def test_unknown_versions_are_refused(bench: Any, version: str) -> None:
    bench.refuses(4, "alias", "set", "--", "fraud", "x", version)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (3, ("show", "nothing/1")),
        (3, ("show", "fraud/3")),
        (3, ("show", "fraud@nobody")),
        (3, ("show", "m-" + "0" * 32)),
        (3, ("alias", "set", "fraud", "x", "3")),
        (3, ("alias", "set", "nothing", "x", "1")),
        (3, ("rollback", "fraud", "nobody")),
        (3, ("rm", "fraud/3")),
        (3, ("rm", "nothing")),
        (3, ("mv", "nothing", "x")),
        (3, ("cp", "fraud/3", "x")),
        (3, ("stage", "fraud/3", "Production")),
        (3, ("tag", "set", "nothing", "a=b")),
        (3, ("describe", "nothing", "x")),
        (3, ("checkout", "fraud/3", "out")),
        (3, ("cat", "fraud/1:nothing")),
        (3, ("register", "no-such-file", "x")),
        (3, ("register", "runs:/0123456789abcdef0123456789abcdef/model", "x")),
        (3, ("register", "models:/nothing/1", "x")),
        (3, ("-C", "nowhere", "ls")),
        (3, ("trust", "nothing/1")),
        (4, ("register", "https://example.org/model", "x")),
        (4, ("register", "s3://bucket/model", "x")),
        (9, ("register", "git+http://127.0.0.1:9/r.git#fraud/1", "x")),
        (4, ("register", "runs:/x", "x")),
        (4, ("register", "models:/", "x")),
        (4, ("register", "models:/fraud/1/weights.bin", "x")),
        (4, ("register", "models:/fraud/1/2/3", "x")),
        (4, ("checkout", "models:/fraud/1/weights.bin", "../out")),
        (4, ("trust", "models:/fraud/1/weights.bin")),
        (4, ("rm", "models:/fraud/1/weights.bin")),
        (4, ("show", "models:/fraud/1/weights.bin")),
        (4, ("predict", "models:/fraud/1/weights.bin")),
        (3, ("show", "fraud@champion@x")),
        (4, ("cat", "fraud/1:../../etc/passwd")),
        (4, ("cat", "fraud/1:/etc/passwd")),
        (2, ("stage", "fraud/1", "Nonsense")),
        (2, ("tag", "set", "fraud", "no-equals-sign")),
        (2, ("alias", "set", "fraud")),
        (5, ("mv", "spam", "fraud")),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else None,
)
def test_what_is_not_there_or_cannot_be(bench: Any, code: int, arguments: tuple[str, ...]) -> None:
    bench.refuses(code, *arguments)


def test_case_03_the_client_refuses_them_too(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_opened", {})
    client = Client()
    before = bench.state()
    for name in CONTROLS + UNSEEN + NOTHINGS + PATHS:
        with pytest.raises(errors.Invalid):
            client.create_registered_model(name)
        with pytest.raises(errors.Invalid):
            client.set_registered_model_alias("fraud", name, "1")
    for key in CONTROLS + UNSEEN:
        with pytest.raises(errors.Invalid):
            client.set_model_version_tag("fraud", "1", key, "x")
    assert bench.state() == before
