"""What is registered, and what is asked for, on both sides of a comparison. It needs neither package."""

import itertools
from typing import Any

PROMPT = "mlflow.prompt.is_prompt"

# Name, tags of the model, versions: run id, source, tags, description, stage, deleted. In this order they are made.
MODELS: list[tuple[str, dict[str, str], list[dict[str, Any]]]] = [
    (
        "fraud",
        {"team": "risk", "a b": "x"},
        [
            {
                "run_id": "r1",
                "source": "s3://bucket/one",
                "tags": {"team": "risk", "lang": "de"},
                "stage": "Production",
            },
            {"run_id": "r2", "source": "/models/fraud/2", "tags": {"team": "Risk", "a b": "50%"}},
            {"run_id": None, "source": "s3://bucket/three", "tags": {}, "stage": "Staging"},
            {"run_id": "r4", "source": "x", "tags": {"team": "gone"}, "deleted": True},
        ],
    ),
    ("Fraud", {"team": "Risk"}, [{"run_id": "R1", "source": "S3://bucket/one", "tags": {"team": "growth"}}]),
    ("fraud_2", {}, [{"run_id": "r1", "source": "it's", "tags": {"team": 'say "hi"'}}]),
    ("fraud%", {"x.y": "z"}, [{"run_id": "r_1", "source": "a_b", "tags": {"x.y": "z", "n": "10"}}]),
    ("naïve É", {"team": "É"}, [{"run_id": "é", "source": "é", "tags": {"team": "é"}}]),
    ("greeting", {PROMPT: "true"}, [{"run_id": None, "source": "dummy", "tags": {PROMPT: "true", "text": "Hello"}}]),
    ("half", {PROMPT: "false", "team": "risk"}, [{"run_id": "r9", "source": "h", "tags": {PROMPT: "false"}}]),
    (
        "mixed",
        {"team": "risk"},
        [
            {"run_id": "m1", "source": "m", "tags": {"team": "risk"}},
            {"run_id": "m2", "source": "m", "tags": {PROMPT: "true"}},
        ],
    ),
    ("empty", {}, []),
]

_TEXTS = [
    "'fraud'",
    '"fraud"',
    "'FRAUD'",
    "'fr%'",
    "'%ud_2'",
    "'fraud_%'",
    "'%'",
    "''",
    "'naïve é'",
    "'é'",
    "'r1'",
    "'R_'",
]
_TEXT_OPERATORS = ["=", "!=", "LIKE", "ILIKE", "like", "iLike"]
_LISTS = ["('fraud')", "('fraud', 'Fraud')", "('r1','r2',)", '("fraud","r1")', "('nothing')"]
_WRONG = [
    "name = fraud", "name = 5", "name", "name =", "= 'a'", "name > 'a'", "name <> 'a'", "name == 'a'",
    "name NOT LIKE 'a'",
    "name = 'a' OR name = 'b'", "(name = 'a')", "name = 'a';", "name = `a`", "name IN 'a'", "name IN ()", "name IN (1)",
    "name IN ('a', 5)", "name IS NULL", "tags.team IS NULL", "tags.team IN ('a')", "tags.team = 5", "tags.team > 'a'",
    "tags.team = team", "Name = 'a'", "Tags.team = 'a'", "attributes.name = 'a'", "attr.name = 'a'", "param.x = 'a'",
    "`name` = 'a'", "attribute.`name` = 'a'", '"name" = \'a\'', "nothing = 'a'", "attribute.nothing = 'a'",
    "name = 'a' AND nothing = 'b'", "name = 'a' AND tags.team > 'b'", "name RLIKE 'a'", "name BETWEEN 'a' AND 'b'",
    "source_path IN ('a')", "version_number = 'x'", "version_number = 1.5", "version_number = 1e2",
    "version_number = 0x1",
    "version_number LIKE '1'", "version_number IN (1)", "version_number IN ('1')", "version_number = version",
    "name = 'a", "name = \"a", "tags.`a b = 'x'", "name 'a'", "name = 'a' name", "SELECT 1", "name = 'a' 'b'",
]  # fmt: skip


def version_filters() -> list[str]:
    """Filters of versions, those that are refused too."""
    texts = [
        f"{key} {op} {text}"
        for key in ("name", "run_id", "source_path", "tags.team")
        for op in _TEXT_OPERATORS
        for text in _TEXTS
    ]
    lists = [
        f"{key} {op} {values}"
        for key in ("name", "run_id")
        for op in ("IN", "NOT IN", "in", "not in")
        for values in _LISTS
    ]
    numbers = [
        f"version_number {op} {value}" for op in ("=", "!=", "<", "<=", ">", ">=") for value in ("1", "2", "'2'", "-1")
    ]
    return ["", "  ", *texts, *lists, *numbers, *_odd(), *_prompts(), *_joined(), *_WRONG]


def model_filters() -> list[str]:
    """Filters of models, those that are refused too."""
    texts = [f"{key} {op} {text}" for key in ("name", "tag.team") for op in _TEXT_OPERATORS for text in _TEXTS]
    lists = [f"name {op} {values}" for op in ("IN", "NOT IN") for values in _LISTS]
    own = ["run_id = 'r1'", "version_number = 1", "source_path = 'x'"]
    return ["", *texts, *lists, *own, *_prompts(), "name LIKE 'f%' AND tags.team = 'risk'", *_WRONG]


def _odd() -> list[str]:
    return [
        'source_path = "it\'s"', "source_path = 'it''s'", "tags.team = 'say \"hi\"'", "tags.`a b` = '50%'",
        'tags."a b" = \'50%\'', "tag.`a b` LIKE '50%'", "tags.x.y = 'z'", "tags.`x.y` = 'z'", "tags.n = '10'",
        "attribute.name = 'fraud'", "attribute.run_id != 'r1'", "tags.nothing != 'x'", "name='fraud'",
        "name  =  'fraud'",
        "tags.team != 'risk' AND tags.lang = 'de'", "tags.team = 'risk' AND tags.team != 'risk'", "run_id LIKE 'r\\_1'",
    ]  # fmt: skip


def _prompts() -> list[str]:
    compared = [
        f"tags.`{PROMPT}` {op} {value}"
        for op in ("=", "!=", "LIKE", "ILIKE")
        for value in ("'true'", "'false'", "'TRUE'", "'other'")
    ]
    return [
        *compared,
        f"tag.{PROMPT} = 'true'",
        f"tags.`{PROMPT}` = 'true' AND tags.text = 'Hello'",
        f"name LIKE '%' AND tag.`{PROMPT}` != 'true'",
        f"tags.`{PROMPT}` = 'true' AND tags.`{PROMPT}` != 'true'",
    ]


def _joined() -> list[str]:
    parts = ["name LIKE 'fr%'", "tags.team ILIKE 'risk'", "version_number >= 1", "run_id IN ('r1', 'R1')"]
    return [" AND ".join(pair) for pair in itertools.permutations(parts, 2)] + [" and ".join(parts)]


VERSION_ORDERS: list[list[str]] = [
    [], ["name"], ["name DESC"], ["version_number ASC"], ["version_number desc", "name"], ["creation_timestamp"],
    ["last_updated_timestamp"], ["last_updated_timestamp DESC", "name DESC"], ["attribute.name DESC"], ["`name` DESC"],
    ["name", "name DESC"], ["nothing"], ["name SIDEWAYS"], ["name ASC x"], ["timestamp"], [""], ["tags.team"],
]  # fmt: skip
MODEL_ORDERS: list[list[str]] = [
    [], ["name DESC"], ["timestamp"], ["timestamp DESC"], ["last_updated_timestamp DESC", "name DESC"], ["name ASC"],
    ["timestamp", "last_updated_timestamp"], ["nothing"], ["name SIDEWAYS"], [""], ["version_number"],
]  # fmt: skip
SIZES = [1, 2, 3, 1000, 1001, 200_000, 200_001]


def asked() -> list[dict[str, Any]]:
    """Every question: what is searched, by which arguments."""
    questions = [{"what": "versions", "filter_string": text} for text in version_filters()]
    questions += [{"what": "models", "filter_string": text} for text in model_filters()]
    questions += [{"what": "versions", "order_by": orders} for orders in VERSION_ORDERS]
    questions += [{"what": "models", "order_by": orders} for orders in MODEL_ORDERS]
    questions += [{"what": what, "max_results": size} for what in ("versions", "models") for size in SIZES]
    return questions


def outcome(search: Any, refused: type[Exception], question: dict[str, Any]) -> Any:
    """What all pages together answer, or ``refused``; pages of three where no size is asked for."""
    arguments = {key: value for key, value in question.items() if key != "what"}
    size = arguments.pop("max_results", 3)
    found, token, pages = [], None, 0
    try:
        while pages < 20:
            page = search(max_results=size, page_token=token, **arguments)
            found += [[one.name, int(one.version)] if question["what"] == "versions" else one.name for one in page]
            token, pages = page.token, pages + 1
            if not token:
                return {"found": found, "pages": pages}
    except refused as error:
        return {"refused": error.error_code}
    except Exception as error:  # noqa: BLE001 - what MLflow lets through unasked
        return {"refused": type(error).__name__}
    return {"endless": found[:3]}
