"""One version of a registered model as the registry shows it: what never changes about it and what may.

This room holds two records together and knows when they changed; it reads nothing.
"""

from gitmodels.registry.records import DELETED, MetaRecord, VersionRecord
from gitmodels.values import frozen


@frozen
class Version:
    """One version as the registry shows it: its number, its immutable record and its mutable half."""

    name: str
    number: int
    record: VersionRecord
    meta: MetaRecord

    @property
    def updated(self) -> int:
        """When it last changed, ms."""
        return self.meta.updated or self.record.created

    @property
    def model_updated(self) -> int:
        """When it last changed together with its model, ms: registered, staged or deleted, but not described."""
        if self.meta.status == DELETED or (self.meta.staged is None and self.meta.stage != "None"):
            return self.updated
        return self.meta.staged or self.record.created
