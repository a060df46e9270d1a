"""What ``gitmodels.yaml`` says for everybody who shares the registry, beside its format: the remotes of objects.

This room reads and spells that file; it knows no remote. Keys that it does not know stay as they are.
"""

from typing import Any

from gitmodels import yaml
from gitmodels.fields import Fields
from gitmodels.patterns import pattern
from gitmodels.registry import layout
from gitmodels.registry.state import State
from gitmodels.values import field, frozen

MAX_REMOTES = 100
_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@frozen
class Configuration:
    """The remotes by name, each an address without secrets, and which one is used when none is named."""

    remotes: dict[str, str] = field(default_factory=dict)
    remote: str | None = None
    rest: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State) -> "Configuration":
        """What the registry at ``state`` says; nothing where there is no registry. Raises InvalidRecord."""
        data = state.tree.read(layout.REGISTRY_FILE) if state.commit is not None else None
        if data is None:
            return cls()
        fields = Fields.parse(data, layout.REGISTRY_FILE)
        remotes = fields.texts("remotes")
        if len(remotes) > MAX_REMOTES or not all(map(is_name, remotes)):
            raise fields.wrong("remotes", "a mapping of names to addresses")
        return cls(remotes, fields.optional("remote"), fields.rest())

    def to_yaml(self) -> bytes:
        """The file."""
        own: dict[str, Any] = {"remotes": dict(sorted(self.remotes.items()))} if self.remotes else {}
        if self.remote is not None:
            own["remote"] = self.remote
        return yaml.dump({**self.rest, **own})


def is_name(name: str) -> bool:
    """Whether a remote of objects can be called so.

    >>> is_name("storage"), is_name("--force"), is_name("a/b")
    (True, False, False)
    """
    return _NAME.fullmatch(name) is not None
