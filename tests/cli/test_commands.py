"""Every command on a real repository: what it prints, what it leaves, how it ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.cli.commands import COMMANDS
from gitmodels.repo import Repo

Git = Callable[..., str]
Models = Any


def test_init_starts_a_registry_once(here: Path, models: Models, git: Git) -> None:
    assert "started" in models("init").err
    tip = git("rev-parse", "gitmodels", cwd=here)
    assert "already" in models("init").err
    assert git("rev-parse", "gitmodels", cwd=here) == tip


def test_register_prints_the_reference_it_made(fraud: Path, models: Models) -> None:
    assert models("register", "files", "fraud").out == "fraud/3\n"
    assert models("add", "files/weights.bin", "single").out == "single/1\n"
    assert models("register", "models:/fraud/1", "fraud").out == "fraud/4\n"
    found = models("show", "fraud/1", "--json").json
    assert (found["description"], found["tags"], found["source"]) == ("the first", {"team": "risk"}, "files")


def test_register_in_a_fresh_repository_starts_the_registry_and_says_so(here: Path, models: Models) -> None:
    (here / "m.bin").write_text("x")
    done = models("register", "m.bin", "m")
    assert (done.out, done.err) == ("m/1\n", "started a model registry on the branch gitmodels\n")


def test_in_a_plain_clone_the_registry_of_the_remote_is_taken_up_and_said_so(
    fraud: Path, models: Models, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fraud / "m.bin").write_text("x")
    taken = "took up the model registry of origin"
    for name, command in (("one", ("register", str(fraud / "m.bin"), "m")), ("two", ("init",))):
        git("clone", "-q", str(fraud), name, cwd=tmp_path)
        for key in ("user.name", "user.email"):
            git("config", key, "b@x.org", cwd=tmp_path / name)
        monkeypatch.chdir(tmp_path / name)
        done = models(*command)
        assert done.err.startswith(taken)
        assert done.err.endswith(" on the branch gitmodels\n")
        assert models("ls", "fraud", "--json").json[0]["version"] == 2


def test_ls_lists_models_and_versions(fraud: Path, models: Models) -> None:
    done = models("ls")
    header, row = done.out.splitlines()
    assert header.split() == ["MODEL", "LATEST", "ALIASES", "FLAVOR", "SIZE", "UPDATED"]
    assert row.split()[:6] == ["fraud", "v2", "champion→1", "files", "4", "B"]
    assert done.err == "1 model, 2 versions\n"
    rows = models("ls", "fraud").out.splitlines()
    assert [row.split()[:2] for row in rows] == [["VERSION", "ALIASES"], ["v2", "–"], ["v1", "champion"]]


def test_ls_as_json(fraud: Path, models: Models) -> None:
    (model,) = models("ls", "--json").json
    assert set(model) == {
        *("name", "description", "tags", "created", "updated", "latest", "versions", "aliases", "flavors", "size"),
        "unpublished",
    }
    assert (model["name"], model["latest"], model["versions"], model["aliases"]) == ("fraud", 2, 2, {"champion": 1})
    newest, oldest = models("ls", "fraud", "--json").json
    assert (newest["version"], oldest["version"], oldest["aliases"]) == (2, 1, ["champion"])


def test_show_tells_everything(fraud: Path, models: Models) -> None:
    text = models("show", "fraud@champion").out
    assert text.startswith("fraud v1  ←champion\n")
    for word in ("m-", "3 B in 1 file", "files · runs no code", "team=risk", "the first", "it works"):
        assert word in text
    found = models("show", "fraud@champion", "--json").json
    assert [entry["path"] for entry in found["files"]] == ["weights.bin"]
    assert found["here"] is True
    assert found["alias_history"]["champion"]["reason"] == "it works"
    assert models("show", found["model_id"], "--json").json["version"] == 1


def test_log_tells_what_happened(fraud: Path, models: Models) -> None:
    models("alias", "set", "fraud", "champion", "v2")
    models("rollback", "fraud", "champion", "--reason", "incident 112")
    lines = models("log", "fraud").out.splitlines()
    assert [line.split()[2] for line in lines] == ["rollback", "alias", "alias", "register", "register"]
    assert "fraud@champion v2 → v1" in lines[0]
    assert '"incident 112"' in lines[0]
    newest = models("log", "-n", "1", "--json").json[0]
    assert (newest["kind"], newest["model"], newest["version"], newest["reason"]) == (
        "rollback",
        "fraud",
        1,
        "incident 112",
    )
    versions = [operation["version"] for operation in models("log", "fraud", "--json").json]
    assert versions == [1, 2, 1, 2, 1]


def test_log_dates_the_root_commit_not_at_all(fraud: Path, models: Models) -> None:
    assert models("log").out.splitlines()[-1].split()[:3] == ["–", "init", "Start"]
    assert models("log", "--json").json[-1]["kind"] == "init"


def test_show_says_since_when_and_by_whom_an_alias_stands(fraud: Path, models: Models) -> None:
    moved = models("log", "-n", "1", "--json").json[0]
    models("tag", "set", "fraud", "team=risk")
    history = models("show", "fraud@champion", "--json").json["alias_history"]["champion"]
    assert (history["since"], history["by"]) == (moved["time"], moved["author"])
    line = next(line for line in models("show", "fraud/1").out.splitlines() if line.startswith("@champion"))
    assert line.split(None, 1)[1] == f'since {moved["time"][:16].replace("T", " ")} by {moved["author"]}: "it works"'


def test_show_looks_for_the_move_of_an_alias_among_the_latest_operations_only(
    fraud: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gitmodels.api.overview._LOOKED_BACK", 1)
    models("tag", "set", "fraud", "team=risk")
    history = models("show", "fraud@champion", "--json").json["alias_history"]["champion"]
    assert (history["since"], history["by"], history["reason"]) == (None, None, "it works")


def test_a_name_that_looks_like_a_number_is_no_number(here: Path, models: Models) -> None:
    (here / "m.bin").write_text("x")
    models("register", "m.bin", "net v9")
    models("tag", "set", "net v9", "a=b")
    assert [operation["version"] for operation in models("log", "--json").json] == [None, 1, None]


def test_aliases_are_set_listed_and_cleared(fraud: Path, models: Models) -> None:
    assert models("alias", "set", "fraud", "champion", "2").err == "fraud@champion v1 → v2\n"
    assert models("alias", "set", "fraud", "champion", "2").err == "fraud@champion stays at v2\n"
    assert models("alias", "ls", "fraud").out.split() == ["ALIAS", "VERSION", "champion", "v2"]
    assert models("alias", "ls", "fraud", "--json").json == {"champion": 2}
    assert models("alias", "rm", "fraud", "champion").err == "fraud@champion v2 → none\n"
    assert models("alias", "rm", "fraud", "champion").code == 0
    assert models("alias", "ls", "fraud", "--json").json == {}


def test_tags_are_set_listed_and_removed(fraud: Path, models: Models) -> None:
    models("tag", "set", "fraud/2", "a=1", "b=x=y")
    models("tag", "set", "fraud", "owner=ana")
    assert models("tag", "ls", "fraud/2", "--json").json == {"a": "1", "b": "x=y"}
    assert models("tag", "ls", "fraud").out.split() == ["KEY", "VALUE", "owner", "ana"]
    models("tag", "rm", "fraud/2", "a", "absent")
    assert models("tag", "ls", "fraud/2", "--json").json == {"b": "x=y"}


def test_describe_stage_mv_cp_and_rm(fraud: Path, models: Models) -> None:
    models("describe", "fraud", "finds fraud")
    models("describe", "fraud/2", "second")
    assert models("ls", "--json").json[0]["description"] == "finds fraud"
    assert "Production" in models("stage", "fraud/1", "production").err
    models("stage", "fraud/2", "Production", "--archive-existing")
    assert [version["stage"] for version in models("ls", "fraud", "--json").json] == ["Production", "Archived"]
    assert models("cp", "fraud@champion", "copy").out == "copy/1\n"
    models("mv", "fraud", "scam")
    assert models("show", "fraud@champion", "--json").json["name"] == "scam"
    models("rm", "scam/1", "-m", "leaked label")
    assert models("show", "scam/1", code=3).err.startswith("error: Model Version (name=scam, version=1) not found\n")
    assert "deleted: leaked label" in models("ls", "scam").out
    models("rm", "scam")
    models("show", "scam/latest", code=3)


def test_cat_and_checkout_give_the_files(fraud: Path, models: Models, tmp_path: Path) -> None:
    assert models("cat", "fraud@champion:weights.bin").out == "one"
    assert models("cat", "models:/fraud/2/weights.bin").out == "two!"
    assert "it has weights.bin" in models("cat", "fraud/1:nope", code=3).err
    assert "which file" in models("cat", "fraud/1", code=3).err
    target = tmp_path / "out"
    models("checkout", "fraud/2", str(target))
    assert (target / "weights.bin").read_bytes() == b"two!"
    (target / "own").write_text("mine")
    refused = models("checkout", "fraud/1", str(target), code=5)
    assert refused.err.startswith("error: ")
    assert (target / "own").read_text() == "mine"
    assert (target / "weights.bin").read_bytes() == b"two!"


def test_a_linked_checkout_is_read_only_and_says_what_is_a_copy(
    fraud: Path, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = models("checkout", "fraud/2", str(tmp_path / "linked"), "--link").err
    assert said == f"1 file in {tmp_path / 'linked'}\n"
    path = tmp_path / "linked" / "weights.bin"
    assert path.stat().st_nlink == 2
    assert path.stat().st_mode & 0o777 == 0o444
    (tmp_path / "in the way").touch()
    monkeypatch.setenv("GITMODELS_CACHE", str(tmp_path / "in the way" / "cache"))
    said = models("checkout", "fraud/2", str(tmp_path / "copied"), "--link").err
    assert "1 of them are copies" in said
    assert (tmp_path / "copied" / "weights.bin").read_bytes() == b"two!"


def test_du_fsck_and_rebuild(fraud: Path, models: Models, git: Git) -> None:
    usage = models("du", "--json").json
    assert {"stored", "raw", "cached", "models"} < set(usage)
    assert usage["models"][0]["name"] == "fraud"
    assert models("du").out.split()[:4] == ["MODEL", "NAMED", "STORED", "ALONE"]
    assert models("fsck", "--full").err == "the object store is whole\n"
    assert models("fsck", "--json").json == []
    before = git("for-each-ref", cwd=fraud)
    git("update-ref", "-d", "refs/gitmodels/aliases/fraud/champion", cwd=fraud)
    assert models("rebuild").err.startswith("1 alias refs changed")
    assert git("for-each-ref", cwd=fraud) == before


def test_fsck_names_what_damage_hurts(fraud: Path, models: Models) -> None:
    for pack in (fraud / ".git/gitmodels/packs").glob("*.pack"):
        data = bytearray(pack.read_bytes())
        if b"one" in data:
            data[data.index(b"one")] ^= 1
            pack.chmod(0o644)
            pack.write_bytes(data)
    done = models("fsck", "--full", code=6)
    assert "hurts fraud/1:weights.bin" in done.out
    assert done.err.startswith("error: the object store is damaged in 1 place")
    models("fsck", "--full", "--json", code=6)


def test_trust_is_told_and_kept_in_this_clone(fraud: Path, models: Models, git: Git) -> None:
    assert models("trust").out == "registry  only what was logged in this clone\n"
    models("trust", "fraud/1")
    models("trust", ".", "--only", "digests")
    known = models("trust", "--json").json
    assert known["level"] == "digests"
    assert len(known["digests"]) == 1
    assert git("config", "--local", "gitmodels.trust", cwd=fraud) == "digests\n"
    assert models("trust", "fraud/1", "--only", "digests", code=4).err.startswith("error: --only")


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("show frad@champion", 3, "did you mean fraud@champion?"),
        ("show FRAUD/1", 3, "did you mean fraud/1?"),
        ("show fraud@champoin", 3, "did you mean fraud@champion?"),
        ("show fraud@prod", 3, "fraud has the aliases champion"),
        ("show fraud/9", 3, "fraud has v1, v2"),
        ("show zzz/1", 3, "git models ls shows"),
        ("alias set frad champion 1", 3, "did you mean fraud?"),
        ("cat frad/1:weights.bin", 3, "did you mean fraud/1?"),
        ("ls frad", 3, "did you mean fraud?"),
        ("log frad", 3, "did you mean fraud?"),
        ("mv frad x", 3, "did you mean fraud?"),
        ("mv fraud fraud", 5, "already exists"),
        ("show ../x", 4, "Invalid value"),
        ("show fraud/1/weights.bin", 4, "names a file"),
        ("show fraud@a@b", 3, ""),
        ("alias set fraud latest 1", 4, "reserved"),
        ("alias set fraud v3 1", 4, "reserved"),
        ("alias set fraud a.b 1", 4, "Invalid alias name"),
        ("alias set fraud champion x", 4, "must be an integer"),
        ("alias set fraud champion 9", 3, "fraud has v1, v2"),
        ("rollback fraud nope", 3, "nothing to roll back"),
        ("rollback fraud champion", 3, "git models alias set fraud champion VERSION"),
        ("tag set fraud novalue", 2, "not KEY=VALUE"),
        ("tag set fraud a$=b", 4, "Invalid value"),
        ("stage fraud/1 Nowhere", 2, "Nowhere"),
        ("register nowhere fraud", 3, "No such file"),
        ("register files a/b", 4, "Invalid model name"),
        ("register s3://b/m fraud", 4, "unknown kind of model URI"),
        ("checkout m-00000000000000000000000000000000 out", 3, "not found"),
        ("predict fraud/1 nowhere.json", 3, "no such file"),
        ("nonsense", 2, "no such command"),
    ],
)
def test_bad_input_is_one_line_a_way_out_and_its_exit_code(
    line: str, code: int, words: str, fraud: Path, models: Models, git: Git
) -> None:
    before = git("for-each-ref", cwd=fraud)
    done = models(*line.split(), code=code)
    assert words in done.err
    assert done.out == ""
    lines = done.err.splitlines()
    assert lines[0].startswith("error: ")
    assert len(lines) <= 2
    assert git("for-each-ref", cwd=fraud) == before


@pytest.mark.parametrize("line", ["ls", "show fraud/1", "log", "alias ls fraud", "rebuild", "describe fraud/1 x"])
def test_without_a_registry_there_is_one_line(line: str, here: Path, models: Models) -> None:
    done = models(*line.split(), code=3)
    assert done.err.startswith("error: no model registry in ")
    assert "git models init" in done.err


@pytest.mark.parametrize("line", ["ls", "init", "du", "fsck", "trust", "register x y"])
def test_outside_a_repository_there_is_one_line(
    line: str, tmp_path: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = models(*line.split(), code=3)
    assert done.err.startswith("error: no git repository around ")
    assert "git init" in done.err


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_tells_of_itself(name: str, models: Models) -> None:
    done = models(name, "-h")
    assert done.out.startswith(f"Usage: git models {name} ")
    assert done.err == ""


def test_removing_a_version_names_the_aliases_it_takes_along(fraud: Path, models: Models) -> None:
    done = models("rm", "fraud/1")
    assert done.err == "fraud v1 is deleted\nfraud@champion pointed there and is cleared\n"
    assert models("alias", "ls", "fraud").out == ""


def test_a_model_without_versions_has_no_flavor(fraud: Path, models: Models) -> None:
    for version in ("fraud/1", "fraud/2"):
        models("rm", version)
    assert models("ls").out.splitlines()[1].split()[:5] == ["fraud", "–", "–", "–", "–"]


def test_show_says_how_to_load_what_was_asked_for(fraud: Path, models: Models) -> None:
    assert models("show", "fraud@champion").out.rstrip().endswith('"models:/fraud@champion")')
    assert models("show", "fraud/1").out.rstrip().endswith('"models:/fraud/1")')
    assert models("show", "fraud/latest").out.rstrip().endswith('"models:/fraud/2")')


def test_outside_of_a_repository_the_way_out_is_one_of_the_prompt(tmp_path: Path, models: Models) -> None:
    done = models("-C", str(tmp_path.parent), "ls", code=3)
    assert "-C or --git-dir" in done.err
    assert "gitmodels." not in done.err


def test_register_takes_the_model_it_was_made_from(fraud: Path, models: Models) -> None:
    assert models("register", "files", "tuned", "--base", "fraud@champion").out == "tuned/1\n"
    base = Repo.open(fraud).registry.state().version("tuned", 1).record.base
    assert [each[:2] for each in base] == ["m-"]
    assert models("register", "files", "tuned", "--base", "nothing/1", code=3).out == ""
