"""How people point at a model: REF on the command line, ``models:/`` and ``runs:/`` URIs in code.

This room parses spellings into values; it looks nothing up. ``fraud@champion``, ``fraud@pinned``, ``fraud/7``,
``fraud/latest``, ``m-<id>`` and their ``models:/`` forms give a ModelRef, ``runs:/<run>/<name>`` a RunRef,
``git+<url>#REF`` a RemoteRef, anything else a PathRef. The grammar of ``models:/`` is MLflow's
(mlflow/store/artifact/utils/models.py, 3.17).
"""

import re
from urllib.parse import unquote

from gitmodels.errors import Invalid
from gitmodels.names import check_alias, check_file_path, check_model_name, check_version, hidden_character
from gitmodels.patterns import pattern
from gitmodels.values import frozen

PINNED = "pinned"
STAGES = ("None", "Staging", "Production", "Archived")

_MODEL_ID = pattern(r"m-[0-9a-f]{32}")
_RUN_ID = pattern(r"[0-9a-f]{32}")
_STAGE = {stage.lower(): stage for stage in STAGES}


@frozen
class ModelRef:
    """One way to name a model: exactly one of the fields behind ``name`` is set, or none for the name alone.

    ``path`` is a file inside the model (``models:/fraud/7/MLmodel``), ``""`` for the whole. ``pinned`` is what a
    ``models.lock`` says; once that was looked up, ``version`` stands with ``manifest``, the content it must have.
    """

    name: str = ""
    version: int | None = None
    alias: str | None = None
    stage: str | None = None
    latest: bool = False
    model_id: str | None = None
    path: str = ""
    pinned: bool = False
    manifest: str | None = None

    def __str__(self) -> str:
        if self.model_id:
            return self.model_id
        if self.alias or self.pinned:
            return f"{self.name}@{self.alias or PINNED}"
        if self.version is not None:
            return f"{self.name}/{self.version}"
        return f"{self.name}/{'latest' if self.latest else self.stage}" if self.latest or self.stage else self.name

    @property
    def uri(self) -> str:
        """The ``models:/`` form, which reads back as this reference."""
        inside = f"/{self.path}" if self.path else ""
        return "models:/" + f"{self}{inside}".replace("%", "%25")


@frozen
class RunRef:
    """A model or artifact of a run: ``runs:/<run id>/<path>``."""

    run_id: str
    path: str = ""

    @property
    def uri(self) -> str:
        """The ``runs:/`` form, which reads back as this reference."""
        return f"runs:/{self.run_id}/" + self.path.replace("%", "%25")


@frozen
class RemoteRef:
    """A model in another repository: ``git+<url>#<ref>``."""

    url: str
    ref: ModelRef


@frozen
class PathRef:
    """A file or directory outside any registry."""

    path: str


def parse_ref(text: str) -> ModelRef:
    """A REF of the command line, or a ``models:/`` URI.

    Raises Invalid when it is neither.

    >>> parse_ref("fraud@champion").alias, parse_ref("models:/fraud/7").version, parse_ref("fraud/latest").latest
    ('champion', 7, True)
    """
    body = text
    if text.startswith("models:"):
        body = text.removeprefix("models:")
        if not body.startswith("/") or body.startswith("//"):
            raise _not_a_ref(text)
        body = unquote(body[1:])
    head, _, path = body.partition("/")
    if _MODEL_ID.fullmatch(head):
        return ModelRef(model_id=head, path=_inside(path))
    # As MLflow reads it: what selects a version makes the rest a name, which may hold an @.
    if "@" in head and not _selects(path):
        name, alias = head.rsplit("@", 1)
        return _aliased(text, name, alias, _inside(path))
    if not path:
        return ModelRef(name=check_model_name(head)) if body == head else _refuse(text)
    selector, _, inner = path.partition("/")
    return _selected(text, check_model_name(head), selector, _inside(inner))


def parse_uri(text: str) -> ModelRef | RunRef | RemoteRef | PathRef:
    """What a URI given to ``load_model``, ``register`` and their kin points at.

    A bare ``fraud/7`` is a *path* here, as in MLflow; ``parse_ref`` is for places where only a REF can stand.

    >>> parse_uri("runs:/" + "0" * 32 + "/model").path
    'model'
    """
    if text.startswith("models:"):
        return parse_ref(text)
    if text.startswith("runs:"):
        return _run(text)
    if text.startswith("git+"):
        return _remote(text)
    if text.startswith("file:"):
        path = text.removeprefix("file:")
        return _local(unquote(path[2:] if path.startswith("//") else path))
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text):
        scheme = text.partition(":")[0]
        raise Invalid(f"unknown kind of model URI: {scheme}:", hint="use a path, models:/, runs:/ or git+<url>#<ref>")
    return _local(text)


def check_whole(ref: ModelRef | RunRef | RemoteRef | PathRef) -> None:
    """Raise Invalid when ``ref`` names a file or folder inside a model, where only a whole model will do.

    >>> check_whole(parse_ref("fraud/7"))
    """
    ref = ref.ref if isinstance(ref, RemoteRef) else ref
    inside = ref.path if isinstance(ref, ModelRef) else ref.path.partition("/")[2] if isinstance(ref, RunRef) else ""
    if inside:
        raise Invalid(
            f"a file inside a model is named, {inside[:200]!r}, not a model", hint="leave its path away, or use cat"
        )


def registry_address(text: str) -> str | None:
    """The address in a setting that names a registry far away (``git+<url>``); None for any other.

    >>> registry_address("git+https://example.org/models.git"), registry_address("/srv/models")
    ('https://example.org/models.git', None)
    """
    if not text.startswith("git+"):
        return None
    address, mark, _ = text.removeprefix("git+").partition("#")
    if mark:
        raise Invalid(f"a registry is named, not a model: {without_credentials(text)[:200]}", hint="leave #… away")
    return address


def without_credentials(text: str) -> str:
    """An address, or a text with addresses in it, as it may be shown: without what can be or hold a token.

    That is user and password, and what stands behind a question mark.

    >>> without_credentials("git+https://ana:secret@example.org/m.git?token=x#fraud@champion")
    'git+https://example.org/m.git?***#fraud@champion'
    >>> without_credentials("fatal: cannot read 'https://ana:secret@example.org/x': is this a git repository?")
    "fatal: cannot read 'https://example.org/x': is this a git repository?"
    """
    text = re.sub(r"(?<=//)[^\s/?#]*@", "", text)
    return re.sub(r"(//[^\s?#]*)\?[^\s#'\"]+", r"\1?***", text)


def _aliased(text: str, name: str, alias: str, path: str) -> ModelRef:
    name = check_model_name(name)
    if alias.lower() == "latest":
        return ModelRef(name=name, latest=True, path=path)
    if alias.lower() == PINNED:
        return ModelRef(name=name, pinned=True, path=path)
    if not alias:
        raise _not_a_ref(text)
    return ModelRef(name=name, alias=check_alias(alias), path=path)


def _selects(path: str) -> bool:
    return (path.isascii() and path.isdigit()) or path.lower() == "latest" or path.lower() in _STAGE


def _selected(text: str, name: str, selector: str, path: str) -> ModelRef:
    if selector.isascii() and selector.isdigit():
        return ModelRef(name=name, version=check_version(selector), path=path)
    if selector.lower() == "latest":
        return ModelRef(name=name, latest=True, path=path)
    if stage := _STAGE.get(selector.lower()):
        return ModelRef(name=name, stage=stage, path=path)
    raise _not_a_ref(text)


def _run(text: str) -> RunRef:
    body = text.removeprefix("runs:").lstrip("/")
    run_id, _, path = body.partition("/")
    if not _RUN_ID.fullmatch(run_id):
        raise Invalid(f"not a run URI: {text[:200]!r}", hint="write runs:/<32 hex digits>/<name>")
    return RunRef(run_id, _inside(unquote(path)))


def _local(path: str) -> PathRef:
    if not path or "\0" in path:
        raise Invalid(f"not a path: {path[:200]!r}")
    return PathRef(path)


def _remote(text: str) -> RemoteRef:
    url, mark, ref = text.removeprefix("git+").partition("#")
    if not mark or not url:
        raise Invalid(
            f"not a remote model: {without_credentials(text)[:200]!r}", hint="write git+<repository url>#<name>@<alias>"
        )
    # git would run `ext::…` as a command and take a leading dash for an option.
    if url.startswith("-") or "::" in url.partition("/")[0] or hidden_character(url):
        raise Invalid(f"not the URL of a repository: {without_credentials(url)[:200]!r}")
    named = parse_ref(ref)
    if named.pinned:
        raise Invalid(
            f"{named} is what models.lock beside the code here says, not that repository",
            hint=f"write models:/{named}, or #{named.name}@<alias>",
        )
    return RemoteRef(url, named)


def _inside(path: str) -> str:
    """``path`` when it names a file inside a model, or nothing; one slash at the end means the folder itself."""
    path = path.removesuffix("/")
    return check_file_path(path) if path else ""


def _refuse(text: str) -> ModelRef:
    raise _not_a_ref(text)


def _not_a_ref(text: str) -> Invalid:
    return Invalid(
        f"not a model reference: {text[:200]!r}",
        hint="write name@alias, name/7, name/latest, name/Production, m-<id>, or the same behind models:/",
    )
