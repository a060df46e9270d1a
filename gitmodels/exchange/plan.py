"""What an import or export does, or would do: a row of steps, and what was chosen of all there is.

This room knows words and numbers; it knows no tool and no registry. Whoever reads or hands out models is a function
that yields a step when it is done, or that does nothing and yields the same steps when only a plan is wanted. What
cannot be done is raised, with the way out; what was done before stays, and the same call goes on from there.
"""

from collections.abc import Callable, Iterator

from gitmodels.repo import Repo
from gitmodels.values import frozen

# The kind of a step that was not done, and will not be: something that cannot be kept on the other side.
LEFT_OUT = "left out"


@frozen
class Step:
    """One thing that is done to the model ``name``: of a ``kind`` (``version``, ``alias`` …), told by ``text``.

    ``done`` is False in a plan, and of what was left out.

    >>> str(Step("version", "fraud", 3, "2 files", done=True)), str(Step("model", "fraud", None, "", done=True))
    ('version fraud/3: 2 files', 'model fraud')
    """

    kind: str
    name: str
    version: int | None
    text: str
    done: bool

    def __str__(self) -> str:
        """Such as ``version fraud/3: 2 files``."""
        number = "" if self.version is None else f"/{self.version}"
        return f"{self.kind} {self.name}{number}" + (f": {self.text}" if self.text else "")


@frozen
class Choice:
    """What of all there is: ``models`` and ``versions`` by name and number, empty for all of them.

    ``paths`` are files, folders or patterns, where a tool has files and no models.
    ``dry_run`` asks for the steps only; ``force`` lets what is read win over what was changed on the other side
    meanwhile. ``without`` are versions to pass by, as ``name/number``; ``places`` are folders and addresses that may be
    read though the tool itself does not vouch for what lies there.
    """

    models: tuple[str, ...] = ()
    versions: tuple[int, ...] = ()
    dry_run: bool = False
    force: bool = False
    paths: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def has(self, name: str, version: int | None = None) -> bool:
        """Whether the model ``name``, or its ``version``, was chosen.

        >>> Choice(models=("fraud",), versions=(1, 2)).has("fraud", 3), Choice().has("fraud", 3)
        (False, True)
        """
        if self.models and name not in self.models:
            return False
        return version is None or not self.versions or version in self.versions


# Is told where the other tool's models are, the repository here, and what was chosen.
Way = Callable[[str, Repo, Choice], Iterator[Step]]
