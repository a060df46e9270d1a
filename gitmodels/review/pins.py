"""What one consumer trusts of a registry: who may sign and how many must, as of a commit that it took once.

Trust on first use: the first time a registry is asked, its policy is taken over; from then on what the branch says of
policy and signers changes nothing here until its user takes it over again. With it stands the highest counter that was
seen of each alias, so that an older state with valid signatures is not taken for the newest. A file of the user's own;
this room knows that file.
"""

import os
from pathlib import Path

from gitmodels import yaml
from gitmodels.errors import Corrupt, GitModelsError, NotEvaluated
from gitmodels.fields import Fields, present
from gitmodels.git import durable
from gitmodels.review.approving import Trusted
from gitmodels.values import field, frozen, replace

FILE = "approvers.yaml"
_FORMAT = 1


@frozen
class Pin:
    """What is trusted, the commit it was taken from, and the counters seen by alias (``fraud@champion``)."""

    commit: str
    trusted: Trusted
    counters: dict[str, int] = field(default_factory=dict)

    def seen(self, alias: str, counter: int) -> "Pin":
        """The same, and that the alias was seen at ``counter``."""
        return replace(self, counters={**self.counters, alias: max(counter, self.counters.get(alias, 0))})


def read(folder: Path) -> Pin | None:
    """The pin in ``folder``; None where nothing was trusted yet. Raises NotEvaluated for one that cannot be read."""
    path = folder / FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        get = Fields.parse(data, FILE, newest=_FORMAT)
        files = [get.optional(key) for key in ("policy", "allowed_signers", "revoked_keys")]
        counters = get.mapping("counters")
        if not all(isinstance(value, int) and value >= 0 for value in counters.values()):
            raise get.wrong("counters", "a mapping of aliases to numbers")
        trusted = Trusted(*(None if text is None else text.encode("utf-8", "surrogateescape") for text in files))
        return Pin(get.text("commit"), trusted, counters)
    except (GitModelsError, Corrupt) as error:
        raise NotEvaluated(
            f"{path} cannot be read: {error.message}", hint="git models verify --accept-policy writes it anew"
        ) from None


def write(folder: Path, pin: Pin) -> None:
    """Keep ``pin`` in ``folder``. Raises Conflict or GitModelsError when it cannot be."""
    trusted = pin.trusted
    texts = {"policy": trusted.policy, "allowed_signers": trusted.allowed, "revoked_keys": trusted.revoked}
    said = {key: data.decode("utf-8", "replace") for key, data in texts.items() if data is not None}
    record = (
        {"format": _FORMAT, "commit": pin.commit} | said | present({"counters": dict(sorted(pin.counters.items()))})
    )
    path, fresh = folder / FILE, folder / f".{FILE}.{os.getpid()}.tmp"
    with durable.storage_errors(f"write {path}"):
        durable.make_folders(folder, 0o700)
        durable.unlink_quietly(fresh)
        durable.write_new(str(fresh), yaml.dump(record), 0o600)
        os.replace(fresh, path)
        durable.sync_folder(folder)
