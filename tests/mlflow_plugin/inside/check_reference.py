"""A long table of calls, each asked of MLflow's SQL store and of ours: one answer, one error, one code."""

from typing import Any

import mlflow
import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

from tests.mlflow_plugin.inside.conftest import Pair, differences

PROMPT = "mlflow.prompt.is_prompt"
RELEASE = tuple(int(part) for part in mlflow.__version__.split(".")[:2])


def rm(key: Any, value: Any = "v") -> RegisteredModelTag:
    return RegisteredModelTag(key, value)


def mv(key: Any, value: Any = "v") -> ModelVersionTag:
    return ModelVersionTag(key, value)


def test_names_and_tags_of_models(pair: Pair) -> None:
    for name in (None, "", "  ", "a/b", "a:b", ".", "..", "../x", "/x", "a//b", "./a", "x/"):
        pair.same("create_registered_model", name)
        pair.same("get_registered_model", name)
    pair.same("create_registered_model", "fraud", [rm("team", "risk"), rm("team", "late")], "who pays")
    pair.same("create_registered_model", "fraud")
    pair.same("create_registered_model", "fraud", [rm(PROMPT, "true")])
    pair.same("create_registered_model", "Credit Risk 50%", None, "")
    pair.same("create_registered_model", "größe-模型")
    pair.same("create_registered_model", "a@b")
    for key in (None, "", "a|b", "../a", "a//b", "x" * 251, "a\tb"):
        pair.same("set_registered_model_tag", "fraud", rm(key))
        pair.same("create_registered_model", "never", [rm(key)])
    for value in ("", "v" * 100_000, "v" * 100_001, "ünïcode\nlines"):
        pair.same("set_registered_model_tag", "fraud", rm("big", value))
    for name in ("missing", None, ""):
        pair.same("set_registered_model_tag", name, rm("a"))
        pair.same("delete_registered_model_tag", name, "a")
        pair.same("delete_registered_model", name)
        pair.same("update_registered_model", name, "x")
        pair.same("get_latest_versions", name)
    pair.same("set_registered_model_tag", "fraud", rm("team", "fraud"))
    pair.same("delete_registered_model_tag", "fraud", "team")
    pair.same("delete_registered_model_tag", "fraud", "team")
    pair.same("delete_registered_model_tag", "fraud", None)
    pair.same("delete_registered_model_tag", "fraud", "a|b")
    pair.same("delete_registered_model_tag", "missing", "team")
    for name in ("fraud", "Credit Risk 50%", "größe-模型", "a@b", "never", "missing"):
        pair.same("get_registered_model", name)
        pair.same("get_latest_versions", name)


def test_descriptions_and_new_names(pair: Pair) -> None:
    pair.same("create_registered_model", "old", [rm("a", "b")], "first")
    pair.same("update_registered_model", "old", "second")
    pair.same("update_registered_model", "old", None)
    pair.same("update_registered_model", "missing", "x")
    pair.same("create_model_version", "old", pair.sources[0], tags=[mv("k", "v")])
    pair.same("set_registered_model_alias", "old", "champion", 1)
    for name in (None, " ", "a/b", ".."):
        pair.same("rename_registered_model", "old", name)
    pair.same("rename_registered_model", "missing", "new")
    pair.same("create_registered_model", "taken")
    theirs, ours = pair.ask("rename_registered_model", "old", "taken")
    assert ours[:2] == theirs[:2]
    assert theirs[2].startswith(ours[2])
    theirs, ours = pair.ask("rename_registered_model", "old", "new")
    # The reference says of every version, too, that it changed now.
    assert differences(ours, theirs) == differences(
        ours["latest_versions"], theirs["latest_versions"], ".latest_versions"
    )
    pair.same("get_model_version_by_alias", "old", "latest")
    theirs, ours = pair.ask("get_model_version_by_alias", "new", "champion")
    assert ours == theirs | {"last_updated_timestamp": ours["last_updated_timestamp"]}
    pair.same("delete_registered_model", "new")
    pair.same("delete_registered_model", "new")
    pair.same("get_registered_model", "new")
    pair.same("get_model_version", "new", 1)
    pair.same("get_model_version_by_alias", "new", "champion")


def test_versions_stages_and_numbers(pair: Pair) -> None:
    name = "numbers"
    pair.same("create_model_version", name, pair.sources[0])
    pair.same("create_registered_model", name)
    for number in range(1, 6):
        tags = [mv("n", str(number)), mv("n", f"{number}!")]
        pair.same(
            "create_model_version", name, pair.sources[number % 3], "0" * 32, tags, "https://runs/1", f"v{number}"
        )
    pair.same("create_model_version", name, pair.sources[0], tags=[mv("bad|key")])
    pair.same("create_model_version", name, pair.sources[0], tags=[mv("k", None)])
    pair.same("create_model_version", name, pair.sources[0], tags=[mv("mlflow.prompt.text", "x" * 100_001)])
    pair.same("create_model_version", name, "models:/numbers/99")
    pair.same("create_model_version", name, "models:/nothing/1")
    pair.same("create_model_version", name, "models:/numbers/2", tags=[mv("copied", "yes")])
    for version in (1, "1", "01", "x", "", 0, -1, 99, 1.0):
        pair.same("get_model_version", name, version)
        pair.same("update_model_version", name, version, f"described {version}")
        pair.same("set_model_version_tag", name, version, mv("k", str(version)))
        pair.same("delete_model_version_tag", name, version, "k")
    pair.same("update_model_version", name, 2, None)
    for key in (None, "a|b", "..", "x" * 251):
        pair.same("set_model_version_tag", name, 1, mv(key))
    pair.same("set_model_version_tag", name, 1, mv("k", None))
    for model in ("missing", None, ""):
        pair.same("set_model_version_tag", model, 1, mv("k", "v"))
        pair.same("delete_model_version_tag", model, 1, "k")
        pair.same("get_model_version", model, 1)
        pair.same("update_model_version", model, 1, "x")
        pair.same("delete_model_version", model, 1)
        pair.same("get_model_version_download_uri", model, 1)
        pair.same("transition_model_version_stage", model, 1, "Staging", False)
    for stage in ("production", "Staging", "ARCHIVED", "none", "StAgInG", "Prod", ""):
        for archive in (False, True):
            pair.same("transition_model_version_stage", name, 3, stage, archive)
    pair.same("transition_model_version_stage", name, 1, "Production", False)
    pair.same("transition_model_version_stage", name, 2, "Production", False)
    pair.same("get_latest_versions", name, ["PRODUCTION", "none"])
    pair.same("transition_model_version_stage", name, 4, "production", True)
    pair.same("transition_model_version_stage", name, 99, "production", True)
    pair.same("transition_model_version_stage", "missing", 1, "production", True)
    for stages in (None, [], ["None"], ["Archived", "Staging"], ["nope"]):
        pair.same("get_latest_versions", name, stages)
    pair.same("set_registered_model_alias", name, "gone", 5)
    pair.same("set_registered_model_alias", name, "stays", 4)
    pair.same("get_registered_model", name)
    pair.same("delete_model_version", name, "x")
    pair.same("delete_model_version", name, 5)
    pair.same("delete_model_version", name, "6")
    pair.same("delete_model_version", name, 6)
    pair.same("get_model_version", name, 6)
    pair.same("get_model_version_download_uri", name, 6)
    pair.same("get_model_version_by_alias", name, "gone")
    if RELEASE >= (3, 17):
        # Before, `latest` was the newest of whichever stage came first.
        pair.same("get_model_version_by_alias", name, "latest")
    pair.same("update_model_version", name, 6, "x")
    pair.same("set_registered_model_alias", name, "gone", 6)
    pair.same("create_model_version", name, pair.sources[0])
    pair.same("get_registered_model", name)
    pair.same("search_model_versions", f"name = '{name}'")


def test_aliases(pair: Pair) -> None:
    name = "aliased"
    pair.same("create_registered_model", name)
    pair.same("get_model_version_by_alias", name, "latest")
    for _ in range(3):
        pair.same("create_model_version", name, pair.sources[0])
    for alias in ("", None, "a b", "a/b", "latest", "LATEST", "v1", "V22", "v1x", "-x", "x" * 255, "x" * 256, "a_b-9"):
        pair.same("set_registered_model_alias", name, alias, 1)
        pair.same("get_model_version_by_alias", name, alias)
    pair.same("set_registered_model_alias", name, "champion", "x")
    pair.same("set_registered_model_alias", name, "champion", 9)
    pair.same("set_registered_model_alias", "missing", "champion", 1)
    pair.same("set_registered_model_alias", name, "champion", "2")
    pair.same("set_registered_model_alias", name, "champion", 3)
    pair.same("set_registered_model_alias", name, "Champion", 2)
    pair.same("get_model_version", name, 3)
    pair.same("get_registered_model", name)
    for alias in ("champion", "champion", "never", "latest", "v1", "a b", None):
        pair.same("delete_registered_model_alias", name, alias)
    pair.same("delete_registered_model_alias", "missing", "champion")
    pair.same("get_model_version_by_alias", name, "champion")
    pair.same("get_model_version_by_alias", "missing", "champion")
    pair.same("get_registered_model", name)
    pair.same("get_latest_versions", name)


@pytest.fixture(scope="module")
def stocked(pair: Pair) -> Pair:
    for number, name in enumerate(["s-alpha", "s-Beta", "s-gamma 50%", "s_delta", "s-beta"]):
        tags = [rm("team", "risk" if number % 2 else "Ads"), rm("a b", "x'y"), rm("n", str(number))]
        pair.same("create_registered_model", name, tags[: number + 1], f"number {number}")
        for count in range(number + 1):
            pair.same(
                "create_model_version",
                name,
                pair.sources[count % 3],
                f"{count:032d}" if count else None,
                [mv("auc", f"0.{count}"), mv("Flavor", "sk'learn")][: count + 1],
                description=f"{name} {count}",
            )
    pair.same("create_registered_model", "s-prompt", [rm(PROMPT, "true")])
    prompt = [mv(PROMPT, "true"), mv("mlflow.prompt.text", "Hello {{name}}")]
    pair.same("create_model_version", "s-prompt", "dummy-source", tags=prompt)
    pair.same("delete_model_version", "s-beta", 2)
    pair.same("delete_model_version", "s_delta", 4)
    pair.same("transition_model_version_stage", "s-beta", 1, "Production", False)
    pair.same("update_model_version", "s-beta", 3, "late")
    return pair


MODEL_FILTERS = [
    None, "", "name = 's-beta'", "name != 's-beta'", "name LIKE 's-%'", "name like 's_%'", "name ILIKE 'S-BETA'",
    "name LIKE '%50\\%%'", "name IN ('s-alpha', 's-beta')", "name NOT IN ('s-alpha')", "name IN ()", "name IN ('a',)",
    "attribute.name = 's-beta'", "attributes.name = 's-beta'", "tag.team = 'risk'", "tags.team != 'risk'",
    "tags.`a b` = 'x''y'", "tags.\"a b\" LIKE 'x%'", "tag.team ILIKE 'ads' AND name LIKE 's%'",
    "tag.n = '1' and tag.n = '2'",
    "tag.missing != 'x'", "tag.team IN ('risk')", "tag.team > 'a'", "tag.team = risk", "name = s-beta", "name = 3",
    "name > 's'", "nope = 'x'", "metrics.auc > 1", "tag.team = 'risk' OR name = 'x'", "name = 's-beta' AND",
    "name", "= 'x'", "name = 'x'; name = 'y'", "name = 'x' 'y'", "((name = 'x'))", "creation_timestamp > 0",
    f"tag.`{PROMPT}` = 'true'", f"tag.`{PROMPT}` != 'true'", f"tag.`{PROMPT}` = 'false'", f"tag.`{PROMPT}` != 'false'",
    f"tag.`{PROMPT}` = 'TRUE' AND name LIKE 's%'", f"name LIKE 's%' AND tags.`{PROMPT}` LIKE 'true'",
    "name='s-beta'", "name!=something", "name lIkE '%eta'", "name iLike '%%'", "name LIKE '_-%'", "name LIKE",
    "run_id='x'", "source_path = 'x'", "evilhax = true", "tag.Team = 'risk'", "tag.n != '1' and tag.n LIKE '_'",
    "name LIKE '%' AND name ILIKE 'S%' AND name != 's-beta'", "tag.`n` = '1'", "name LIKE ''",
]  # fmt: skip
VERSION_FILTERS = [
    None, "", "name = 's-beta'", "name LIKE 's-%' AND version_number > 1", "version_number = 2", "version_number = '2'",
    "version_number = 2.0", "version_number != 1", "version_number <= 2 AND version_number >= 2",
    "version_number < 'x'",
    "version_number LIKE '2'", "version_number IN (1, 2)", "run_id = '00000000000000000000000000000001'",
    "run_id != 'x'", "run_id IN ('00000000000000000000000000000001', 'y')", "run_id NOT IN ('x')", "run_id LIKE '%2'",
    "source_path LIKE '%model 1'", "source_path = 'x'", "source_path IN ('x')", "tag.auc = '0.1'", "tags.auc != '0.1'",
    "tags.Flavor = 'sk''learn'", "tag.flavor = 'x'", "tag.auc LIKE '0.%' AND tag.Flavor ILIKE 'SK%' AND name != 'x'",
    "current_stage = 'Production'", "name IN ('s-beta', 's_delta') AND version_number NOT IN (1)", "user_id = 'x'",
    "name ILIKE 'S-B%'", "tag.auc = 0.1", "run_id = 1", "name = 's-beta' OR name = 'x'", "version_number > -1",
    f"tag.`{PROMPT}` = 'true'", f"tag.`{PROMPT}` != 'true'", f"tag.`{PROMPT}` = 'false'", f"tags.`{PROMPT}` != 'false'",
    "name = 's-prompt'", "name IN ()",
    "name='s-beta'", "version_number=2", "run_id IN (1,2,3)", "run_id IN ()", "run_id IN (", "run_id IN", "name LIKE",
    "run_id IN (,)", "run_id IN ('runid1',,'runid2')", "run_id IN ('a','00000000000000000000000000000001')",
    "version_number=2 AND run_id IN ('00000000000000000000000000000001')", "source_path = ''", "tag.AUC = '0.1'",
    "run_id ILIKE '0%1'", "tag.auc like '0%' and tag.auc != '0.1'", "tag.`auc` = '0.1'", "version_number = -1",
    "name = '' AND version_number = 1",
]  # fmt: skip


CHANGED = ("version_number = 2.0", "version_number < 'x'", "run_id NOT IN ('x')")


@pytest.mark.parametrize("text", MODEL_FILTERS)
def test_searches_of_models(stocked: Pair, text: str | None) -> None:
    stocked.same("search_registered_models", text, 1000)


@pytest.mark.parametrize("text", VERSION_FILTERS)
def test_searches_of_versions(stocked: Pair, text: str | None) -> None:
    if RELEASE < (3, 17) and text in CHANGED:
        pytest.skip("MLflow's own answer was another one")
    stocked.same("search_model_versions", text, 1000)


def test_orders_and_pages(stocked: Pair) -> None:
    models = [
        ["name"], ["name ASC"], ["name DESC"], ["timestamp DESC"], ["last_updated_timestamp"], ["name", "name DESC"],
        ["last_updated_timestamp DESC", "name DESC"], ["timestamp", "last_updated_timestamp"], ["creation_timestamp"],
        ["nope"], ["name UP"], [""], ["name ASC DESC"], ["`name`"], ["timestamp\tASC"], ["timestamp\r\rASC"],
        ["timestamp\nASC"], ["timestamp  ASC"], ["timestamp  asc"], ["timestamp  deSc", "name deSc"],
        ["name ASC", "creation_timestamp DESC"], ["name ASC", "last_updated_timestamp DESC blah"], [],
    ]  # fmt: skip
    for order in models:
        stocked.same("search_registered_models", "name LIKE 's%'", 1000, order)
    versions = [
        ["name"], ["version_number DESC"], ["creation_timestamp DESC", "name DESC"], ["last_updated_timestamp ASC"],
        ["name DESC", "version_number"], ["version_number", "version_number"], ["run_id"], ["nope"], ["name UP"], [""],
        ["last_updated_timestamp", "creation_timestamp"], ["name ASC", "run_id DESC"], ["name  deSc"], [],
        ["name ASC", "last_updated_timestamp DESC blah"], ["version_number\tASC", "name"],
    ]  # fmt: skip
    for order in versions:
        stocked.same("search_model_versions", "name LIKE 's%'", 1000, order)
    for method in ("search_registered_models", "search_model_versions"):
        for size in (1, 2, 3, 4, 7, 100):
            token, seen = None, 0
            while True:
                found, token = stocked.same(method, "name LIKE 's%'", size, None, token)
                seen += len(found)
                if token is None:
                    break
            assert seen > 4
        for token in ("x", "e30=", "eyJvZmZzZXQiOiAiYSJ9", "bm8=", ""):
            stocked.same(method, None, 10, None, token)
        for size in (0, -1, 1001, 200_001):
            stocked.same(method, "name = 's-beta'", size)
        stocked.same(method, "name = 's-beta'", 1e15, None, "evilhax")


def test_copies_land_in_one_commit(pair: Pair, git: Any) -> None:
    pair.same("create_registered_model", "copied")
    pair.same("create_model_version", "copied", pair.sources[0], "1" * 32, [mv("a", "b")], "https://x", "told")
    before = _commits(pair, git)
    versions = [store.get_model_version("copied", 1) for store in (pair.reference, pair.ours)]
    theirs, ours = pair.each("copy_model_version", [(version, "copies") for version in versions])
    assert differences(ours, theirs) == []
    assert _commits(pair, git) == before + 1
    pair.same("get_registered_model", "copies")
    # Into the same model, and of a copy: what is copied is always the version that was named.
    for name, number, into in (("copied", 1, "copied"), ("copies", 1, "copies of copies"), ("copied", 1, "a/b")):
        versions = [store.get_model_version(name, number) for store in (pair.reference, pair.ours)]
        theirs, ours = pair.each("copy_model_version", [(version, into) for version in versions])
        assert differences(ours, theirs) == []
    pair.same("search_model_versions", "name LIKE 'cop%'")


def _commits(pair: Pair, git: Any) -> int:
    return int(git("rev-list", "--count", "gitmodels", cwd=pair.folder / "registry.git"))


def test_webhooks_are_none(pair: Pair) -> None:
    for size in (None, 1, 1000, 1001, -1):
        pair.same("list_webhooks", size)
    pair.same("get_webhook", "w-1")
    pair.same("delete_webhook", "w-1")


def test_prompts_are_models_of_another_kind(pair: Pair) -> None:
    pair.same("create_registered_model", "p-model")
    pair.same("create_prompt", "p-greeting", "how we begin", {"tone": "warm"})
    for name in ("p-greeting", "p-model", "p a/b"):
        pair.same("create_prompt", name)
        pair.same("create_registered_model", name)
    for text in ("Hello {{name}}", "Dear {{name}}", "x" * 100_001, ""):
        pair.same("create_prompt_version", "p-greeting", text, "said so", {"lang": "en"})
    pair.same("create_prompt_version", "p-model", "Hello")
    pair.same("create_prompt_version", "p-never", "Hello")
    for name in ("p-greeting", "p-model", "p-never", None):
        pair.same("get_prompt", name)
        for version in (1, "2", 9, "x"):
            pair.same("get_prompt_version", name, version)
    pair.same("set_prompt_alias", "p-greeting", "live", 2)
    pair.same("get_prompt_version_by_alias", "p-greeting", "live")
    pair.same("set_prompt_tag", "p-greeting", "tone", "cold")
    pair.same("delete_prompt_tag", "p-greeting", "tone")
    pair.same("set_prompt_version_tag", "p-greeting", 1, "lang", "de")
    pair.same("delete_prompt_version_tag", "p-greeting", 1, "lang")
    for filters in (None, "name = 'p-greeting'", "name LIKE 'p-%'", "tags.tone = 'cold'", "nope = 'x'"):
        pair.same("search_prompts", filters, 10)
    if hasattr(pair.reference, "search_prompt_versions"):
        for name in ("p-greeting", "p-model", "p-never"):
            pair.same("search_prompt_versions", name, 10)
        found, token = pair.same("search_prompt_versions", "p-greeting", 1)
        pair.same("search_prompt_versions", "p-greeting", 1, token)
        assert len(found) == 1
    pair.same("delete_prompt_alias", "p-greeting", "live")
    pair.same("delete_prompt_version", "p-greeting", 1)
    pair.same("get_prompt_version", "p-greeting", 1)
    pair.same("delete_prompt", "p-greeting")
    pair.same("get_prompt", "p-greeting")
