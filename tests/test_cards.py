"""Model cards: what Hugging Face reads of them, and that nothing of a stranger's becomes markup."""

import pytest

from gitmodels import cards, yaml
from gitmodels.cards import Facts, Result
from gitmodels.errors import Invalid, InvalidYaml

FACTS = Facts(
    name="fraud",
    number=3,
    description="Who pays back?",
    flavors=("python_function", "sklearn"),
    signature={"inputs": ["amount double", "age long?"], "outputs": ["long"]},
    requirements=["numpy==2.4.6"],
    results=[Result({"accuracy_score": 0.9, "auc": 0.93}, "holdout-q3"), Result({"loss": 0.1})],
    origin=[("model id", "m-1"), ("run", ""), ("code", "8c1a4f0")],
)


def test_a_generated_card_tells_what_is_known() -> None:
    card = cards.parse(cards.generate(FACTS))
    assert (card.data["library_name"], card.data["tags"]) == ("sklearn", ["sklearn"])
    [index] = card.data["model-index"]
    [result] = index["results"]
    assert (index["name"], result["dataset"]["name"]) == ("fraud", "holdout-q3")
    assert result["task"] == {"type": "tabular-classification"}
    assert result["metrics"][0] == {"type": "accuracy", "name": "accuracy_score", "value": 0.9}
    assert card.title == "fraud v3"
    for line in (
        "Who pays back?",
        "| input | `age long?` |",
        "| output | `long` |",
        "| `auc` | 0.93 | holdout-q3 |",
        "| `loss` | 0.1 |  |",
        'model = gitmodels.pyfunc.load_model("models:/fraud/3")',
        "- `numpy==2.4.6`",
        "- code: 8c1a4f0",
    ):
        assert line in card.text.splitlines()
    assert "- run:" not in card.text


def test_hugging_face_reads_it() -> None:
    hub = pytest.importorskip("huggingface_hub")
    data = hub.ModelCard(cards.generate(FACTS)).data
    assert (data.library_name, data.model_name) == ("sklearn", "fraud")
    assert [(one.dataset_name, one.metric_type, one.metric_value) for one in data.eval_results] == [
        ("holdout-q3", "accuracy", 0.9),
        ("holdout-q3", "auc", 0.93),
    ]


def test_a_model_of_plain_files_is_checked_out_and_code_is_warned_of() -> None:
    assert "git models checkout 'my model/1' DIR" in cards.generate(Facts("my model", 1))
    assert "load_model" not in cards.generate(Facts("fraud", 1))
    assert "Loading it runs code (`pickle`)" in cards.generate(
        Facts("fraud", 1, flavors=["x"], code_execution="pickle")
    )


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "![x](http://e/x.png)", "[a](b)", "a|b", "`x`", "# big"])
def test_nothing_of_a_stranger_becomes_markup(evil: str) -> None:
    text = cards.generate(
        Facts(
            name="fraud",
            number=1,
            description=evil,
            signature={"inputs": [evil]},
            requirements=[evil],
            results=[Result({evil: 1.0}, evil)],
            origin=[("run", evil)],
        )
    )
    body = cards.parse(text).text
    lines = [line for line in body.splitlines() if "load_model" not in line]
    for line in lines:
        outside = "".join(line.replace("\\`", "").split("`")[::2])
        for mark in ("<", "[", "]"):
            assert mark not in outside.replace(f"\\{mark}", ""), line
    assert "\n# big" not in body
    rows = [line for line in lines if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") in (3, 4) for line in rows)


def test_names_keep_their_underscores_and_line_breaks_do_not_break_out() -> None:
    text = cards.generate(Facts("my_model", 1, description="_a_ b_c\n---\nx", origin=[("run", "a\nb\u202ec")]))
    assert "# my_model v1" in text
    assert r"\_a\_ b_c" in text
    assert "- run: a b c" in text


@pytest.mark.parametrize(
    ("text", "title"),
    [("# One\n\ntwo", "One"), ("\n\njust words\n", "just words"), ("", ""), ("---\na: b\n---\n\n## Two", "Two")],
)
def test_a_card_has_a_title(text: str, title: str) -> None:
    assert cards.parse(text).title == title


def test_front_matter_is_optional_and_windows_line_ends_are_read() -> None:
    assert cards.parse("no front matter\n---\nx: 1\n---\n").data == {}
    card = cards.parse("---\r\nlicense: mit\r\n---\r\nText\r\n")
    assert (card.data, card.text) == ({"license": "mit"}, "Text\r\n")
    assert cards.parse("---\n---\nText").data == {}


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("---\nlicense: mit\n", Invalid, "does not end"),
        ("---\na: &x 1\n---\n", InvalidYaml, "anchors"),
        ("---\n- a\n---\n", InvalidYaml, "no mapping"),
        ("x" * (cards.MAX_SIZE + 1), Invalid, "the limit is"),
        ("a\0b", Invalid, "zero byte"),
        ("\ud800", Invalid, "UTF-8"),
    ],
)
def test_what_is_no_card_is_refused(text: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        cards.check(text)


def test_what_is_generated_can_be_kept() -> None:
    text = cards.generate(FACTS)
    assert cards.check(text) == text
    assert yaml.load(text.split("---")[1].encode())["library_name"] == "sklearn"
