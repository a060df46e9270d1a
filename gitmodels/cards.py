"""Model cards: Markdown with the front matter that Hugging Face reads. Parsing, checking, and writing one.

This room knows the form of a card and plain facts that go into one; it knows no registry and decides nothing. What
comes from a model is made harmless: no name or tag of a stranger's becomes markup on a page.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitmodels import yaml
from gitmodels.errors import Invalid, InvalidYaml
from gitmodels.patterns import pattern

MAX_SIZE = 1 << 20
_MARK = "---"
_FRONT = re.compile(r"\A---[ \t]*\r?\n(?P<data>.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_LONGEST = 300
_LONGEST_SUMMARY = 2000
_BLANK = pattern(r"\n[ \t]*\n")
# A paragraph of words begins with none of these: headings, lists, tables, quotes, code, pictures, HTML.
_NO_WORDS = frozenset("#-*+|>`!<[=:~")
_KEY = pattern(r"[A-Za-z0-9_.-]{1,100}")
# Inside a word an underscore is none, and a hash is one at the start of a line only.
_MARKUP = re.compile(r"[\\`*{}\[\]<>|~&]|(?<!\w)_|_(?!\w)|(?<!\S)#")
# flavor -> what Hugging Face calls the library, where that is another name.
_LIBRARIES = {"sentence_transformers": "sentence-transformers", "python_function": "mlflow"}
# MLflow's name of a metric -> Hugging Face's.
_METRICS = {
    "accuracy_score": "accuracy",
    "precision_score": "precision",
    "recall_score": "recall",
    "f1_score": "f1",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "r2_score": "r2",
}
_CLASSIFYING = frozenset({"accuracy", "precision", "recall", "f1", "log_loss", "roc_auc"})
_REGRESSING = frozenset({"rmse", "mae", "r2", "mean_squared_error"})


@dataclass(frozen=True, slots=True)
class Card:
    """A card in its two halves: what programs read of it, and the Markdown behind it."""

    data: Mapping[str, Any]
    text: str

    @property
    def title(self) -> str:
        r"""Its first heading, else its first line of words; empty where there is none.

        >>> parse("---\nlicense: mit\n---\n\n# Fraud, found\n\nBy Ana.\n").title
        'Fraud, found'
        """
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        heading = next((line for line in lines if line.startswith("#")), lines[0] if lines else "")
        return heading.lstrip("#").strip()[:_LONGEST]

    @property
    def summary(self) -> str:
        r"""What may stand as a description: its title, and behind it the first paragraph of words.

        >>> parse("# Fraud\n\n![a picture](x.png)\n\nFinds what\nis odd.\n\nMore.\n").summary
        'Fraud\n\nFinds what is odd.'
        """
        blocks = [" ".join(block.split()) for block in _BLANK.split(self.text)]
        words = next((block for block in blocks if block and block[0] not in _NO_WORDS and block != self.title), "")
        return "\n\n".join(filter(None, (self.title, words[:_LONGEST_SUMMARY])))

    def tags(self) -> dict[str, str]:
        r"""What its front matter says, as tags: ``card.license``, ``card.tags`` …; lists in one line, no nested data.

        >>> parse("---\nlicense: mit\ntags: [a, b]\nmodel-index: [{}]\n---\n").tags()
        {'card.license': 'mit', 'card.tags': 'a, b'}
        """
        found = {}
        for key, value in self.data.items():
            values = value if isinstance(value, list) else [value]
            if values and _KEY.fullmatch(key) and all(isinstance(one, str | int | float) for one in values):
                found[f"card.{key}"] = ", ".join(map(_spelled, values))
        return found


@dataclass(frozen=True, slots=True)
class Result:
    """Numbers measured on one data set; ``dataset`` None where nobody said on which."""

    metrics: Mapping[str, Any]
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a generated card tells of one version; ``signature`` holds lines per side, ``origin`` labels and texts."""

    name: str
    number: int
    description: str | None = None
    flavors: Sequence[str] = ()
    code_execution: str = "none"
    signature: Mapping[str, Sequence[str]] = field(default_factory=dict)
    requirements: Sequence[str] = ()
    results: Sequence[Result] = ()
    origin: Sequence[tuple[str, str]] = ()


def parse(text: str) -> Card:
    """The halves of a card; without front matter all of it is Markdown. Raises InvalidYaml for broken front matter."""
    match = _FRONT.match(text)
    if match is None:
        return Card({}, text)
    data = yaml.load(match["data"].encode(), what="the front matter of the card")
    if data is not None and not isinstance(data, dict):
        raise InvalidYaml("the front matter of the card is no mapping")
    return Card(data or {}, text[match.end() :])


def check(text: str) -> str:
    """``text`` when it can be kept as a card. Raises Invalid when it is too long or its front matter is broken."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Invalid("a card is UTF-8 text") from None
    if size > MAX_SIZE:
        raise Invalid(f"a card of {size} bytes, the limit is {MAX_SIZE}", hint="keep pictures elsewhere")
    if "\0" in text:
        raise Invalid("a card is text: it holds a zero byte")
    if text.startswith(_MARK) and _FRONT.match(text) is None:
        raise Invalid("the front matter of the card does not end", hint="a line --- ends it")
    parse(text)
    return text


def generate(facts: Facts) -> str:
    r"""The card of a version from what is known of it.

    >>> print(generate(Facts("fraud", 3, flavors=("sklearn",))).split("\n\n")[0])
    ---
    library_name: sklearn
    tags:
    - sklearn
    ---
    """
    front = yaml.dump(_front(facts)).decode()
    blocks = [
        f"{_MARK}\n{front}{_MARK}",
        f"# {_plain(facts.name)} v{facts.number}",
        "\n".join(_plain(line) for line in (facts.description or "").splitlines()),
        _signature(facts.signature),
        _metrics(facts.results),
        _loading(facts),
        _requirements(facts.requirements),
        _origin(facts.origin),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _front(facts: Facts) -> dict[str, Any]:
    own = [flavor for flavor in facts.flavors if flavor != "python_function"] or list(facts.flavors)
    front: dict[str, Any] = {}
    if own:
        front["library_name"] = _LIBRARIES.get(own[0], own[0])
        front["tags"] = own
    results = [_result(one) for one in facts.results if one.dataset is not None and one.metrics]
    if results:
        front["model-index"] = [{"name": facts.name, "results": results}]
    return front


def _result(one: Result) -> dict[str, Any]:
    types = {name: _METRICS.get(name, name) for name in one.metrics}
    known = set(types.values())
    kind = "classification" if known & _CLASSIFYING else "regression" if known & _REGRESSING else None
    return {
        "task": {"type": f"tabular-{kind}" if kind else "other"},
        "dataset": {"name": one.dataset, "type": one.dataset},
        "metrics": [{"type": types[name], "name": name, "value": value} for name, value in one.metrics.items()],
    }


def _signature(signature: Mapping[str, Sequence[str]]) -> str:
    rows = [f"| {side.removesuffix('s')} | {_code(line)} |" for side, lines in signature.items() for line in lines]
    return "\n".join(["## What it takes and gives", "", "| | |", "|---|---|", *rows]) if rows else ""


def _metrics(results: Sequence[Result]) -> str:
    rows = [
        f"| {_code(name)} | {value} | {_plain(one.dataset or '')} |"
        for one in results
        for name, value in one.metrics.items()
    ]
    return "\n".join(["## How good it is", "", "| metric | value | data |", "|---|---|---|", *rows]) if rows else ""


def _loading(facts: Facts) -> str:
    if not facts.flavors:
        command = f"git models checkout {shlex.quote(f'{facts.name}/{facts.number}')} DIR"
        return f"## How to get it\n\n```bash\n{command}\n```"
    lines = ["## How to load it", "", "```python", "import gitmodels", ""]
    uri = json.dumps(f"models:/{facts.name}/{facts.number}", ensure_ascii=False)
    lines += [f"model = gitmodels.pyfunc.load_model({uri})", "```"]
    if facts.code_execution != "none":
        lines += ["", f"Loading it runs code (`{facts.code_execution}`): whoever loads it has to trust it first."]
    return "\n".join(lines)


def _requirements(lines: Sequence[str]) -> str:
    return "\n".join(["## What it needs", "", *(f"- {_code(line)}" for line in lines)]) if lines else ""


def _origin(rows: Sequence[tuple[str, str]]) -> str:
    known = [f"- {label}: {_plain(text)}" for label, text in rows if text]
    return "\n".join(["## Where it comes from", "", *known]) if known else ""


def _plain(text: str) -> str:
    """Words for a line of Markdown: nothing of it is markup, and nothing hides."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return _MARKUP.sub(r"\\\g<0>", shown)


def _code(text: str) -> str:
    """``text`` as a code span in a table."""
    shown = "".join(char if char.isprintable() else " " for char in text).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`"
