"""Trust: whether code inside a model may run, decided from what the caller allows. Never from the model itself.

A pure decision: no file is read, no setting looked up. The caller brings a Trust (from git config, from the
environment through the one settings reader, or from ``trust=``) and says which model it is; the package tells what
loading would run.
"""

from collections.abc import Iterable

from gitmodels.digest import Digest
from gitmodels.errors import Invalid, Untrusted
from gitmodels.values import frozen

# What loading a model may run, from harmless to least bounded.
CLASSES = ("none", "pickle", "python-code", "remote-code")
_RUNS = {
    "pickle": "a pickle, which runs whatever code it names",
    "python-code": "Python code that lies in the model",
    "remote-code": "Python code that a remote site serves when the model is loaded",
}


@frozen
class Trust:
    """What the caller allows: everything; what was logged here; approved aliases; single models by digest.

    >>> decide(Trust.nothing(), "none", Subject("models:/fraud/1"))
    """

    everything: bool = False
    local: bool = False
    approved: bool = False
    digests: frozenset[Digest] = frozenset()

    @classmethod
    def nothing(cls) -> "Trust":
        """Formats that run no code load; nothing else."""
        return cls()

    @classmethod
    def all(cls) -> "Trust":
        """Everything loads: ``trust=True``."""
        return cls(everything=True)

    @classmethod
    def default(cls) -> "Trust":
        """What was logged in this clone loads; nothing else that runs code."""
        return cls(local=True)

    def __or__(self, other: "Trust") -> "Trust":
        return Trust(
            self.everything or other.everything,
            self.local or other.local,
            self.approved or other.approved,
            self.digests | other.digests,
        )


@frozen
class Subject:
    """Which model is to be loaded, as its registry tells it: ``reference`` is how the user named it.

    ``digest`` is its manifest's; ``local``: logged in this clone; ``approved``: reached by a protected, approved alias
    of a registry trusted that far; ``remote`` names the remote it came from.
    """

    reference: str = "the model"
    digest: Digest | None = None
    local: bool = False
    approved: bool = False
    remote: str | None = None


UNNAMED = Subject()


def worst(classes: Iterable[str]) -> str:
    """The class that bounds least; ``none`` for no class at all.

    >>> worst(["none", "pickle"])
    'pickle'
    """
    return max(classes, key=_rank, default="none")


def allows(trust: Trust, code_execution: str, subject: Subject) -> bool:
    """Whether ``subject``, whose loading runs ``code_execution``, may be loaded. Unknown classes count as code."""
    if _rank(code_execution) == 0 or trust.everything:
        return True
    if code_execution == "remote-code":
        # What a digest or an alias vouches for are the bytes of the model, and this code is not among them.
        return False
    return (
        (trust.local and subject.local)
        or (trust.approved and subject.approved)
        or (subject.digest is not None and subject.digest in trust.digests)
    )


def decide(trust: Trust, code_execution: str, subject: Subject) -> None:
    """Nothing when the model may be loaded; else Untrusted, which names what would run and what allows it."""
    if allows(trust, code_execution, subject):
        return
    runs = _RUNS.get(code_execution, "code of an unknown kind")
    raise Untrusted(
        f"{subject.reference} is not trusted: loading it runs {runs}",
        hint=f"if you trust it: git models trust {subject.remote or 'origin'}, or trust=True, or GITMODELS_TRUST=all",
        code_execution=code_execution,
    )


def from_text(text: str) -> Trust:
    """A Trust from the words of a setting, separated by commas: ``all``, ``none``, ``local``, ``approved``, digests.

    Raises Invalid for any other word, so that a typing error never widens or narrows trust in silence.

    >>> from_text("local,approved").approved
    True
    """
    from gitmodels import digest

    trust = Trust.nothing()
    for word in filter(None, (part.strip() for part in text.split(","))):
        known = {
            "all": Trust.all(),
            "none": Trust.nothing(),
            "local": Trust(local=True),
            "approved": Trust(approved=True),
        }
        if word in known:
            trust = trust | known[word]
        else:
            try:
                trust = trust | Trust(digests=frozenset({digest.parse(word)}))
            except Invalid:
                raise Invalid(
                    f"not a word of trust: {word[:80]!r}", hint="use all, none, local, approved or digests of manifests"
                ) from None
    return trust


def _rank(code_execution: str) -> int:
    return CLASSES.index(code_execution) if code_execution in CLASSES else len(CLASSES)
