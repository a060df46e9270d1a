"""Where a model comes from: what its file never says and its records do. This room is a value; it asks nobody."""

from gitmodels.values import frozen


@frozen
class Provenance:
    """Where a model comes from, told by the version or run record: MLflow's volatile keys. None is unknown."""

    run_id: str | None = None
    model_id: str | None = None
    model_uuid: str | None = None
    utc_time_created: str | None = None
    artifact_path: str | None = None


UNKNOWN = Provenance()
