"""The fluent verbs for files of the active run: log_artifact and its kin, get_artifact_uri.

Thin: each takes the active run, started when there is none, or the one that is named, and passes on.
"""

import os
from collections.abc import Mapping, Sequence
from typing import IO, Any

from gitmodels.api import artifact_writing, context, fluent_runs, run_files, run_searching
from gitmodels.errors import Invalid
from gitmodels.names import check_file_path
from gitmodels.uris import RunRef


def log_artifact(
    local_path: str | os.PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Log a local file, or a folder under its own name, below ``artifact_path``. Raises FileMissing, InvalidName."""
    run_files.log_path(*fluent_runs.running(run_id), local_path, artifact_path)


def log_artifacts(
    local_dir: str | os.PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Log what is in a local folder, below ``artifact_path``. Raises FileMissing, InvalidName."""
    run_files.log_folder(*fluent_runs.running(run_id), local_dir, artifact_path)


def log_dict(dictionary: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Log a dictionary or list as JSON, or as YAML where ``artifact_file`` ends so."""
    artifact_writing.log_dict(*fluent_runs.running(run_id), dictionary, artifact_file)


def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Log text as a file in UTF-8."""
    artifact_writing.log_text(*fluent_runs.running(run_id), text, artifact_file)


def log_stream(stream: IO[bytes], artifact_file: str, run_id: str | None = None) -> None:
    """Log what a binary stream gives, to its end, as a file."""
    run_files.log_stream(*fluent_runs.running(run_id), stream, artifact_file)


def log_figure(figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None) -> None:
    """Log a figure of matplotlib or plotly as an image or a page. Raises Invalid for anything else."""
    artifact_writing.log_figure(*fluent_runs.running(None), figure, artifact_file, save_kwargs)


def log_image(
    image: Any,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = False,
) -> None:
    """Log an image (an array of pixels, or one of PIL's) as a file, or under ``key`` as one of a series."""
    log_image_to(*fluent_runs.running(None), image, artifact_file, key, step, timestamp)


def log_image_to(
    repo: Any, run_id: str, image: Any, artifact_file: str | None, key: str | None, step: int | None, when: int | None
) -> None:
    """As ``log_image``, into a run that is named. Raises Invalid when neither or both of file and key are given."""
    if artifact_file is not None and any(given is not None for given in (key, step, when)):
        raise Invalid("`artifact_file` cannot be used together with `key`, `step` or `timestamp`")
    if artifact_file is not None:
        artifact_writing.log_image(repo, run_id, image, artifact_file)
    elif key is not None:
        artifact_writing.log_step_image(repo, run_id, image, key, step, when)
    else:
        raise Invalid("Please specify exactly one of `artifact_file` or `key`")


def log_table(data: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Log a DataFrame or dictionary as a table (.json, .parquet); rows are added to one that is there."""
    artifact_writing.log_table(*fluent_runs.running(run_id), data, artifact_file)


def load_table(
    artifact_file: str, run_ids: Sequence[str] | None = None, extra_columns: Sequence[str] | None = None
) -> Any:
    """The table of that name of every run of the experiment, or of ``run_ids``, as one DataFrame.

    ``extra_columns`` are columns of ``search_runs`` (``run_id``) put beside each row. Raises NotFound.
    """
    repo = context.repository()
    experiment = repo.runs.experiments.get(fluent_runs.experiment_id())
    return run_searching.load_tables(repo, [experiment.id], artifact_file, run_ids, extra_columns)


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """Where files of the active run are: ``runs:/<run id>/<path>``, to read from; it is no path to write to."""
    _, run_id = fluent_runs.running(None)
    return RunRef(run_id, check_file_path(artifact_path) if artifact_path else "").uri.removesuffix("/")
