"""The half of MLflow's client that is about runs, experiments and logged models, with its names and errors.

Each method names the run it is about; nothing here is "active". This room knows MLflow's arguments; what a run is,
and where it is written, is known by ``gitmodels.runs``.
"""

import os
from collections.abc import Mapping, Sequence
from typing import IO, Any

from gitmodels.api import (
    artifact_writing,
    artifacts,
    dataset_uses,
    fluent_artifacts,
    fluent_experiments,
    fluent_runs,
    logged_models,
    model_links,
    run_converting,
    run_files,
    run_searching,
)
from gitmodels.api.artifacts import FileInfo
from gitmodels.api.bound import Bound
from gitmodels.api.paging import PagedList
from gitmodels.api.run_entities import DatasetInput, Experiment, LoggedModel, Run, ViewType
from gitmodels.errors import Invalid, NotSupported
from gitmodels.filters import page
from gitmodels.names import check_file_path
from gitmodels.runs import records
from gitmodels.runs.log import NewRun
from gitmodels.runs.records import FINISHED, RUNNING
from gitmodels.runs.writer import now_ms
from gitmodels.uris import RunRef

MAX_LOGGED_MODELS = 50_000


class ExperimentClient(Bound):
    """Experiments of one repository; a base of MlflowClient, which knows the repository."""

    def create_experiment(
        self, name: str, artifact_location: str | None = None, tags: Mapping[str, Any] | None = None
    ) -> str:
        """A new experiment; gives its id. Raises AlreadyExists, Invalid."""
        return fluent_experiments.create(self._repo, name, artifact_location, tags)

    def get_experiment(self, experiment_id: str) -> Experiment:
        """One experiment, a deleted one too. Raises NotFound."""
        return run_converting.experiment(self._repo.runs.experiments.get(str(experiment_id)))

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """The experiment of that name; None when there is none."""
        found = self._repo.runs.experiments.by_name(name)
        return None if found is None else run_converting.experiment(found)

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int | None = 1000,
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """The experiments that the filter keeps; ``.token`` of the answer asks for the next page."""
        found = run_searching.experiments(self._repo, view_type, filter_string, order_by)
        return PagedList(*page(found, max_results, page_token, run_searching.MAX_EXPERIMENTS))

    def delete_experiment(self, experiment_id: str) -> None:
        """Mark an experiment, and its runs with it, as deleted. Raises NotFound; Invalid for Default."""
        self._repo.runs.experiments.set_deleted(str(experiment_id), True)

    def restore_experiment(self, experiment_id: str) -> None:
        """Bring a deleted experiment back. Raises NotFound."""
        self._repo.runs.experiments.set_deleted(str(experiment_id), False)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Refused: the id of an experiment follows from its name, so that it is the same in every clone."""
        raise NotSupported(
            "an experiment keeps its name: its id follows from it", hint="create another one, or set a tag"
        )

    def set_experiment_tag(self, experiment_id: str, key: str, value: Any) -> None:
        """Set one tag of an experiment. Raises NotFound, Invalid."""
        self._repo.runs.experiments.set_tags(str(experiment_id), {key: value})

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Take one tag of an experiment away. Raises NotFound when it has no such tag."""
        self._repo.runs.experiments.set_tags(str(experiment_id), {}, delete=(key,))


class LoggedModelClient(Bound):
    """Logged models of one repository; a base of MlflowClient."""

    def get_logged_model(self, model_id: str) -> LoggedModel:
        """A logged model by its id. Raises ModelNotFound."""
        return logged_models.get(self._repo, model_id)

    def set_logged_model_tags(self, model_id: str, tags: Mapping[str, Any]) -> None:
        """Set tags of a logged model. Raises ModelNotFound, Invalid."""
        self._repo.runs.models.set_tags(model_id, tags)

    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        """Take one tag of a logged model away. Raises NotFound."""
        self._repo.runs.models.set_tags(model_id, {}, delete=[key])

    def log_model_params(self, model_id: str, params: Mapping[str, Any]) -> None:
        """Add params to a logged model; one that is there keeps its value. Raises ModelNotFound, Invalid."""
        self._repo.runs.models.log_params(model_id, params)

    def search_logged_models(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        datasets: Sequence[Mapping[str, Any]] | None = None,
        max_results: int | None = None,
        order_by: Sequence[Mapping[str, Any]] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        """The logged models of these experiments that the filter keeps, a page of them. Raises Invalid."""
        found = logged_models.search(self._repo, experiment_ids, filter_string, datasets, order_by)
        return PagedList(*page(found, max_results, page_token, MAX_LOGGED_MODELS))


class RunArtifactClient(Bound):
    """Files of runs of one repository; a base of MlflowClient."""

    def log_artifact(self, run_id: str, local_path: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Log a local file, or a folder under its own name. Raises FileMissing, RunNotFound, InvalidName."""
        run_files.log_path(self._repo, run_id, local_path, artifact_path)

    def log_artifacts(self, run_id: str, local_dir: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Log what is in a local folder. Raises FileMissing, RunNotFound, InvalidName."""
        run_files.log_folder(self._repo, run_id, local_dir, artifact_path)

    def log_dict(self, run_id: str, dictionary: Any, artifact_file: str) -> None:
        """Log a dictionary or list as JSON, or as YAML where the name ends so."""
        artifact_writing.log_dict(self._repo, run_id, dictionary, artifact_file)

    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        """Log text as a file in UTF-8."""
        artifact_writing.log_text(self._repo, run_id, text, artifact_file)

    def log_stream(self, run_id: str, stream: IO[bytes], artifact_file: str) -> None:
        """Log what a binary stream gives, to its end, as a file."""
        run_files.log_stream(self._repo, run_id, stream, artifact_file)

    def log_figure(
        self, run_id: str, figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        """Log a figure of matplotlib or plotly."""
        artifact_writing.log_figure(self._repo, run_id, figure, artifact_file, save_kwargs)

    def log_image(
        self,
        run_id: str,
        image: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,
    ) -> None:
        """Log an image as a file, or under ``key`` as one of a series."""
        fluent_artifacts.log_image_to(self._repo, run_id, image, artifact_file, key, step, timestamp)

    def log_table(self, run_id: str, data: Any, artifact_file: str) -> None:
        """Log a table; rows are added to one that is there."""
        artifact_writing.log_table(self._repo, run_id, data, artifact_file)

    def load_table(
        self,
        experiment_id: str,
        artifact_file: str,
        run_ids: Sequence[str] | None = None,
        extra_columns: Sequence[str] | None = None,
    ) -> Any:
        """The table of that name of every run of an experiment, as one DataFrame. Raises NotFound."""
        return run_searching.load_tables(self._repo, [experiment_id], artifact_file, run_ids, extra_columns)

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """The files and folders right below ``path``, by name; none below a file."""
        inner = check_file_path(path.removesuffix("/")) if path else ""
        return artifacts.listing(run_files.entries(self._repo, run_id, inner), inner)

    def download_artifacts(self, run_id: str, path: str, dst_path: str | None = None) -> str:
        """Copy a file or folder of a run to ``dst_path``; gives the local path. Raises FileMissing."""
        return artifacts.download(self._repo, RunRef(run_id, path).uri, dst_path)


class RunClient(RunArtifactClient, ExperimentClient, LoggedModelClient):
    """Runs of one repository; a base of MlflowClient."""

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: Mapping[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Run:
        """A new run, to log to by its id until ``set_terminated``. Raises NotFound, Invalid.

        A run that this process leaves without ending it is recovered as FAILED.
        """
        repo = self._repo
        repo.runs.recover()
        given = {str(key): str(value) for key, value in (tags or {}).items()}
        run = repo.runs.start(
            NewRun(
                experiment=fluent_runs.experiment_for(repo, experiment_id),
                name=run_name or given.get("mlflow.runName"),
                user=given.get("mlflow.user"),
                tags=given,
                started=start_time,
            )
        )
        return run_converting.run(run)

    def get_run(self, run_id: str) -> Run:
        """One run. Raises RunNotFound."""
        return fluent_runs.run_of(self._repo, run_id)

    def get_parent_run(self, run_id: str) -> Run | None:
        """The run that a run is nested in, or None. Raises RunNotFound."""
        return fluent_runs.parent_of(self._repo, run_id)

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str = "",
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """The runs of these experiments that the filter keeps, the newest first; ``.token`` asks for the next page."""
        ids = [experiment_ids] if isinstance(experiment_ids, str | int) else experiment_ids
        found = run_searching.runs(self._repo, ids, filter_string, run_view_type, order_by)
        return run_searching.run_page(found, max_results, page_token)

    def log_param(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        """Log one param; gives ``value`` back. Raises Invalid for another value of one that is there."""
        self._repo.runs.log_params(run_id, {key: value})
        return value

    def log_metric(
        self,
        run_id: str,
        key: str,
        value: float,
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,
        dataset_name: str | None = None,
        dataset_digest: str | None = None,
        model_id: str | None = None,
    ) -> None:
        """Log one value of a metric; ``timestamp`` in ms since the epoch. Raises Invalid for what is no number."""
        when = timestamp if timestamp is not None else now_ms()
        point = records.Metric(key, value, step or 0, when, dataset_name, dataset_digest, model_id)
        self._repo.runs.log_metrics(run_id, [point])
        if model_id is not None:
            fluent_runs.measured(self._repo, run_id)

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Any] = (),
        params: Sequence[Any] = (),
        tags: Sequence[Any] = (),
        synchronous: bool | None = None,
    ) -> None:
        """Log Metric, Param and RunTag entities together. Raises Invalid, RunNotFound."""
        runs = self._repo.runs
        points = [_record(metric) for metric in metrics]
        runs.log_params(run_id, _pairs(params))
        runs.log_metrics(run_id, points)
        runs.set_tags(run_id, _pairs(tags))
        if any(point.model_id for point in points):
            fluent_runs.measured(self._repo, run_id)

    def log_inputs(
        self, run_id: str, datasets: Sequence[Any] | None = None, models: Sequence[Any] | None = None
    ) -> None:
        """Note DatasetInput and LoggedModelInput entities: of a data set, its name and digest only."""
        uses = []
        for row in datasets or ():
            if not isinstance(row, DatasetInput):
                raise Invalid(f"not the input of a data set: {type(row).__name__}", hint="entities.DatasetInput")
            tags = {tag.key: tag.value for tag in row.tags}
            context = tags.pop(dataset_uses.CONTEXT, None)
            uses.append(dataset_uses.use(row.dataset, context, tags))
        self._repo.runs.log_inputs(run_id, uses, model_links.ids_of(models))

    def log_outputs(self, run_id: str, models: Sequence[Any]) -> None:
        """Note that a run made models that are logged already. Raises ModelNotFound."""
        model_links.log_outputs(self._repo, run_id, models)

    def set_tag(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> None:
        """Set one tag of a run. Raises Invalid, RunNotFound."""
        self._repo.runs.set_tags(run_id, {key: value})

    def delete_tag(self, run_id: str, key: str) -> None:
        """Take one tag of a run away. Raises NotFound when it has no such tag."""
        self._repo.runs.delete_tag(run_id, key)

    def set_terminated(self, run_id: str, status: str | None = None, end_time: int | None = None) -> None:
        """End a run: FINISHED unless ``status`` says otherwise. Raises Invalid, RunNotFound."""
        fluent_runs.end(self._repo, run_id, status or FINISHED, end_time)

    def update_run(self, run_id: str, status: str | None = None, name: str | None = None) -> None:
        """Give a run another status, another name, or both; RUNNING makes an ended run go on. Raises Invalid."""
        if name:
            self._repo.runs.rename(run_id, name)
        if status == RUNNING:
            self._repo.runs.resume(run_id)
        elif status is not None:
            fluent_runs.end(self._repo, run_id, status)

    def get_metric_history(self, run_id: str, key: str) -> list[Any]:
        """Every value of a metric, in the order of logging; none for a metric that is not there. Raises RunNotFound."""
        return run_converting.metric_history(self._repo.runs.metric_history(run_id, key))

    def delete_run(self, run_id: str) -> None:
        """Mark a run as deleted. Raises RunNotFound."""
        self._repo.runs.set_deleted(run_id, True)

    def restore_run(self, run_id: str) -> None:
        """Bring a deleted run back. Raises RunNotFound."""
        self._repo.runs.set_deleted(run_id, False)


def _pairs(entities: Sequence[Any]) -> dict[str, Any]:
    try:
        return {entity.key: entity.value for entity in entities}
    except AttributeError:
        raise Invalid("params and tags are Param and RunTag entities", hint="gitmodels.entities.Param") from None


def _record(metric: Any) -> records.Metric:
    try:
        return records.Metric(
            metric.key,
            metric.value,
            metric.step,
            metric.timestamp,
            metric.dataset_name,
            metric.dataset_digest,
            metric.model_id,
        )
    except AttributeError:
        raise Invalid(f"not a metric: {type(metric).__name__}", hint="gitmodels.entities.Metric") from None
