import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gitmodels import digest
from gitmodels.errors import AlreadyExists, Conflict, Invalid, InvalidRecord, NotFound, RefChanged, RunNotFound
from gitmodels.git.branch import Branch
from gitmodels.git.raw import Identity
from gitmodels.git.refs import Refs
from gitmodels.git.repository import GitRepository
from gitmodels.objects.manifest import Entry
from gitmodels.runs import layout
from gitmodels.runs.clone import clone_id, ensure_clone_id
from gitmodels.runs.log import NewRun, RunLog
from gitmodels.runs.records import Metric
from gitmodels.runs.run_names import random_name
from gitmodels.runs.snapshot import snapshot


def commits(repo: GitRepository, git: Callable[..., str]) -> list[str]:
    return git("log", "--format=%s", f"{layout.REFS}{clone_id(repo.own_dir)}", cwd=repo.common_dir).splitlines()


def test_a_run_becomes_one_commit(log: RunLog, repo: GitRepository, git: Callable[..., str]) -> None:
    run = log.start(NewRun(experiment="churn", name="first", tags={"team": "risk"}))
    assert run.status == "RUNNING"
    log.log_params(run.id, {"depth": 4, "alpha": 0.5})
    log.log_metrics(run.id, [Metric("loss", 0.9, 0, 1), Metric("loss", 0.5, 1, 2)])
    log.set_tags(run.id, {"a": 1, "b": 2})
    log.delete_tag(run.id, "b")
    assert Refs(repo).list(layout.REFS) == {}
    live = log.get(run.id)
    assert (live.params, live.tags, live.latest()["loss"].value) == (
        {"alpha": "0.5", "depth": "4"},
        {"a": "1", "team": "risk"},
        0.5,
    )
    ended = log.end(run.id)
    assert ended.status == "FINISHED"
    assert ended.ended is not None
    assert log.get(run.id) == ended
    assert commits(repo, git) == ["Run first: finished"]
    assert not list((repo.own_dir / "journals").iterdir())
    ref = f"{layout.REFS}{clone_id(repo.own_dir)}"
    assert git("ls-tree", "-r", "--name-only", ref, cwd=repo.common_dir).splitlines() == [
        f"experiments/{run.experiment_id}.yaml",
        f"runs/{run.id[:2]}/{run.id}/metrics.yaml",
        f"runs/{run.id[:2]}/{run.id}/run.yaml",
    ]
    git("fsck", "--strict", cwd=repo.common_dir)


def test_what_was_measured_while_a_model_was_made_becomes_the_models_own(log: RunLog) -> None:
    run = log.start()
    model = "m-" + "a" * 32
    log.log_metrics(run.id, [Metric("loss", 0.9, 0, 1), Metric("loss", 0.5, 1, 2, "rows", "d1"), Metric("other", 1.0)])
    log.log_metrics(run.id, [Metric("loss", 0.7, 0, 1, None, None, "m-" + "b" * 32)])
    log.link_metrics(run.id, model, ["loss"])
    with pytest.raises(Invalid, match="not a model id"):
        log.link_metrics(run.id, "fraud", ["loss"])
    known = {(metric.key, metric.value): metric.model_id for metric in log.end(run.id).metrics}
    assert known == {("loss", 0.9): model, ("loss", 0.5): model, ("loss", 0.7): "m-" + "b" * 32, ("other", 1.0): None}
    assert {(each.dataset_name, each.key) for _, each in log.models.metrics(model)} == {
        (None, "loss"),
        ("rows", "loss"),
    }


def test_head_index_and_work_tree_are_untouched(log: RunLog, git_repo: Path, git: Callable[..., str]) -> None:
    (git_repo / "a.txt").write_text("a")
    git("add", "a.txt", cwd=git_repo)
    git("commit", "-qm", "a", cwd=git_repo)
    before = (git_repo / ".git" / "index").read_bytes()
    log.end(log.start().id)
    assert (git_repo / ".git" / "index").read_bytes() == before
    assert git("status", "--porcelain", cwd=git_repo) == ""


def test_code_state_is_recorded(log: RunLog, git_repo: Path, git: Callable[..., str]) -> None:
    assert log.start().code.commit is None
    (git_repo / "a.txt").write_text("a")
    git("add", "a.txt", cwd=git_repo)
    git("commit", "-qm", "a", cwd=git_repo)
    (git_repo / "a.txt").write_text("b")
    run = log.end(log.start().id)
    assert run.code.commit == git("rev-parse", "HEAD", cwd=git_repo).strip()
    assert (run.code.branch, run.code.dirty) == ("main", True)


def test_a_param_keeps_its_value(log: RunLog) -> None:
    run = log.start()
    log.log_params(run.id, {"depth": 4, "api_key": "hunter2"})
    log.log_params(run.id, {"depth": "4"})
    text = (
        f"Changing param values is not allowed. Param with key='depth' was already logged with value='4' for run "
        f"ID='{run.id}'. Attempted logging new value '5'."
    )
    with pytest.raises(Invalid, match=re.escape(text)):
        log.log_params(run.id, {"other": 1, "depth": 5})
    with pytest.raises(Invalid) as caught:
        log.log_params(run.id, {"api_key": "swordfish"})
    assert "hunter2" not in str(caught.value)
    assert "swordfish" not in str(caught.value)
    assert "other" not in log.end(run.id).params
    with pytest.raises(Invalid, match="Changing param values"):
        log.log_params(run.id, {"depth": 5})
    log.log_params(run.id, {"late": 1})
    assert log.get(run.id).params["late"] == "1"


def test_ended_runs_can_be_changed_one_commit_each(log: RunLog, repo: GitRepository, git: Callable[..., str]) -> None:
    run = log.end(log.start(NewRun(name="x")).id)
    log.set_tags(run.id, {"a": "1"})
    log.set_tags(run.id, {"a": "1"})
    log.log_metrics(run.id, [Metric("loss", 1.0, 0, 5)])
    log.log_metrics(run.id, [Metric("loss", 0.5, 1, 6)])
    log.rename(run.id, "y")
    log.set_deleted(run.id, True)
    assert len(commits(repo, git)) == 6
    found = log.get(run.id)
    assert (found.name, found.deleted, found.tags) == ("y", True, {"a": "1"})
    assert [metric.value for metric in log.metric_history(run.id, "loss")] == [1.0, 0.5]
    assert found.updated > run.updated
    assert log.list() == []
    assert [one.id for one in log.list(deleted=None)] == [run.id]
    log.set_deleted(run.id, False)
    assert [one.id for one in log.list()] == [run.id]
    assert log.end(run.id, "KILLED", run.started + 9).status == "KILLED"


def test_a_run_goes_on(log: RunLog) -> None:
    run = log.start(NewRun(name="x"))
    log.log_params(run.id, {"a": 1})
    log.log_metrics(run.id, [Metric("loss", 1.0, 0, 5), Metric("loss", 0.9, 1, 6), Metric("auc", 1.0)])
    log.log_artifacts(run.id, [Entry("plot.png", 3, digest.of_bytes(b"png"))])
    log.end(run.id)
    again = log.resume(run.id)
    assert (again.status, again.ended, again.params) == ("RUNNING", None, {"a": "1"})
    assert log.resume(run.id) == again
    log.log_metrics(run.id, [Metric("loss", 0.8, 2, 7)])
    ended = log.end(run.id)
    assert [metric.value for metric in log.metric_history(run.id, "loss")] == [1.0, 0.9, 0.8]
    assert ended.artifacts == again.artifacts
    assert log.get(run.id) == ended
    with pytest.raises(RunNotFound):
        log.resume("0" * 32)


def test_metrics_of_every_kind(log: RunLog) -> None:
    run = log.start()
    model = "m-" + "0" * 32
    log.log_metrics(
        run.id,
        [
            Metric("a", np.float32(0.5), np.int64(3), 1.9),  # type: ignore[arg-type]
            Metric("a", math.nan, 4, 2),
            Metric("a", -math.inf, 2, 3),
            Metric("a", 0.25, 9, 4, "train", "abc", model),
            Metric("b", 10**6, 0, 0),
            Metric("schön/b c", 1.0),
        ],
    )
    for found in (log.get(run.id), log.end(run.id)):
        assert math.isnan(next(metric for metric in found.metrics if metric.series == ("a", "", "", "")).value)
        assert found.latest()["a"] == Metric("a", 0.25, 9, 4, "train", "abc", model)
        assert found.latest()["b"].value == 1_000_000.0
    assert [repr(metric.value) for metric in log.metric_history(run.id, "a")] == ["0.5", "nan", "-inf", "0.25"]


@pytest.mark.parametrize(
    "metric",
    [
        Metric("a", "0.5"),  # type: ignore[arg-type]
        Metric("a", None),  # type: ignore[arg-type]
        Metric("a", True),
        Metric("a", 1 + 2j),  # type: ignore[arg-type]
        Metric("a", 10**400),
        Metric("", 1.0),
        Metric("../a", 1.0),
        Metric("a", 1.0, 2**70),
        Metric("a", 1.0, 0, -5),
        Metric("a", 1.0, "x"),  # type: ignore[arg-type]
        Metric("a", 1.0, math.inf),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_metric_is_refused(log: RunLog, metric: Metric) -> None:
    run = log.start()
    with pytest.raises(Invalid):
        log.log_metrics(run.id, [metric])
    assert log.end(run.id).metrics == ()


def test_bad_names_and_values_are_refused(log: RunLog) -> None:
    for wrong in (NewRun(name="a\u202eb"), NewRun(name="x" * 501), NewRun(experiment=" "), NewRun(tags={"": "x"})):
        with pytest.raises(Invalid):
            log.start(wrong)
    run = log.start()
    with pytest.raises(Invalid):
        log.log_params(run.id, {"a": "\ud800"})
    with pytest.raises(Invalid, match="status"):
        log.end(run.id, "DONE")
    with pytest.raises(NotFound, match="No tag"):
        log.delete_tag(run.id, "absent")
    assert log.end(run.id).params == {}


@pytest.mark.parametrize("run_id", ["0" * 32, "", "x", "../../etc/passwd", "A" * 32])
def test_unknown_runs_are_named(log: RunLog, run_id: str) -> None:
    for ask in (
        log.get,
        log.end,
        log.resume,
        lambda one: log.set_tags(one, {"a": "b"}),
        lambda one: log.log_metrics(one, [Metric("a", 1.0)]),
        lambda one: log.log_params(one, {"a": 1}),
        lambda one: log.metric_history(one, "a"),
    ):
        with pytest.raises(RunNotFound):
            ask(run_id)


def test_clones_are_united_and_the_newest_copy_counts(
    log: RunLog, repo: GitRepository, tmp_path: Path, git: Callable[..., str]
) -> None:
    run = log.end(log.start(NewRun(experiment="churn", name="theirs")).id)
    other_path = tmp_path / "other"
    git("init", "-q", str(other_path), cwd=tmp_path)
    git("fetch", "-q", str(repo.common_dir), "refs/gitmodels/runs/*:refs/gitmodels/runs/*", cwd=other_path)
    other = RunLog(GitRepository.open(other_path))
    assert other.get(run.id) == run
    assert other.experiments.by_name("churn") is not None
    mine = other.end(other.start(NewRun(experiment="churn")).id)
    other.set_tags(run.id, {"seen": "yes"})
    assert {one.id for one in other.list("churn")} == {run.id, mine.id}
    git("fetch", "-q", str(other_path), "refs/gitmodels/runs/*:refs/gitmodels/runs/*", cwd=repo.common_dir)
    assert len(Refs(repo).list(layout.REFS)) == 2
    assert log.get(run.id).tags == {"seen": "yes"}
    log.set_tags(run.id, {"seen": "twice"})
    assert log.get(run.id).tags == {"seen": "twice"}


def test_two_logs_of_one_process_share_a_run(log: RunLog, repo: GitRepository) -> None:
    other = RunLog(GitRepository.open(repo.git_dir))
    run = log.start()
    other.log_params(run.id, {"a": 1})
    log.log_params(run.id, {"b": 2})
    assert other.get(run.id).params == {"a": "1", "b": "2"}
    assert other.end(run.id).params == {"a": "1", "b": "2"}
    assert log.get(run.id).status == "FINISHED"


def test_bare_repositories_and_linked_work_trees(bare_repo: Path, git_repo: Path, git: Callable[..., str]) -> None:
    bare = RunLog(GitRepository.open(bare_repo))
    assert bare.get(bare.end(bare.start().id).id).status == "FINISHED"
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=git_repo)
    git("worktree", "add", "-q", str(git_repo.parent / "linked"), cwd=git_repo)
    linked = RunLog(GitRepository.open(git_repo.parent / "linked"))
    run = linked.end(linked.start().id)
    assert RunLog(GitRepository.open(git_repo)).get(run.id) == run


def test_a_clone_id_that_cannot_be_read_is_told_as_what_hinders(repo: GitRepository) -> None:
    """And not as a file to be deleted, which may be whole behind a disk that fails."""
    repo.own_dir.mkdir(exist_ok=True)
    (repo.own_dir / "clone-id").symlink_to("clone-id")
    with pytest.raises(OSError, match="symbolic links"):
        clone_id(repo.own_dir)


def test_the_clone_id_is_made_once(repo: GitRepository) -> None:
    assert clone_id(repo.own_dir) is None
    first = ensure_clone_id(repo.own_dir)
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert ensure_clone_id(repo.own_dir) == first
    assert [path.name for path in repo.own_dir.rglob("*") if path.is_file()] == ["clone-id"]
    (repo.own_dir / "clone-id").write_text("../../heads/main")
    with pytest.raises(Exception, match="clone id"):
        ensure_clone_id(repo.own_dir)


def test_reading_writes_nothing(log: RunLog, repo: GitRepository) -> None:
    assert log.list() == []
    assert log.recover() == []
    assert log.experiments.list()[0].id == "0"
    assert log.find_model("m-" + "0" * 32) == []
    assert not repo.own_dir.exists()


def test_a_snapshot_holds_no_credentials(log: RunLog) -> None:
    run = log.start(NewRun(name="x", tags={"api_key": "x", "url": "https://u:p@h/x", "team": "risk"}))
    log.log_params(run.id, {"depth": 4, "db_password": "x"})
    log.log_metrics(run.id, [Metric("auc", 0.5, 2, 9, "holdout", "abc"), Metric("loss", 1.0)])
    assert snapshot(log.end(run.id)) == {
        "id": run.id,
        "name": "x",
        "experiment": "Default",
        "params": {"depth": "4"},
        "metrics": [
            {"key": "auc", "value": 0.5, "step": 2, "dataset": {"name": "holdout", "digest": "abc"}},
            {"key": "loss", "value": 1.0},
        ],
        "tags": {"team": "risk", "url": "https://h/x"},
    }


def test_names_are_made_up() -> None:
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-\d{1,3}", random_name()) for _ in range(200))
    assert max(len(random_name()) for _ in range(500)) <= 20


def test_experiments(log: RunLog) -> None:
    made = log.experiments.create("churn", {"team": "risk"})
    assert re.fullmatch(r"[1-9]\d{17}", made.id)
    with pytest.raises(AlreadyExists, match=re.escape("Experiment(name=churn) already exists.")):
        log.experiments.create("churn")
    with pytest.raises(AlreadyExists):
        log.experiments.create("Default")
    assert log.experiments.get(made.id) == made
    assert log.experiments.by_name("churn") == made
    assert log.experiments.by_name("absent") is None
    assert log.experiments.get("0").name == "Default"
    for wrong in ("1", "x", "../x"):
        with pytest.raises(NotFound):
            log.experiments.get(wrong)
    changed = log.experiments.set_tags(made.id, {"a": "b"}, delete=("team",))
    assert log.experiments.get(made.id).tags == changed.tags == {"a": "b"}
    assert log.experiments.set_deleted(made.id, True).deleted
    assert [row.name for row in log.experiments.list()] == ["Default", "churn"]
    with pytest.raises(Invalid):
        log.experiments.set_deleted("0", True)
    assert log.experiments.set_tags("0", {"a": "b"}).name == "Default"
    assert [(row.name, row.tags) for row in log.experiments.list()] == [("Default", {"a": "b"}), ("churn", {"a": "b"})]


def test_a_resumed_run_cannot_have_two_journals(log: RunLog) -> None:
    run = log.start()
    with pytest.raises(Conflict):
        log._ledger.active.begin(run.id, ["run"])


def test_a_ref_moved_by_somebody_else_is_read_again(log: RunLog, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = Branch.commit, []

    def racing(self: Branch, *arguments: object, **named: object) -> str:
        calls.append(named["expected"])
        if len(calls) == 1:
            tip = real(self, {"other": b"x"}, "Other", expected=None, author=Identity("x", "x"), when_ms=0)
            assert tip
        return real(self, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Branch, "commit", racing)
    run = log.end(log.start().id)
    assert len(calls) == 2
    assert log.get(run.id) == run
    assert log._ledger.writer.branch().view().read("other") == b"x"


def test_a_ref_that_never_stands_still_is_an_error_and_loses_nothing(
    log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = log.start()

    def moved(self: Branch, *arguments: object, **named: object) -> str:
        raise RefChanged("moved")

    monkeypatch.setattr(Branch, "commit", moved)
    with pytest.raises(RefChanged):
        log.end(run.id)
    monkeypatch.undo()
    assert log.end(run.id).status == "FINISHED"


def test_a_damaged_record_costs_only_itself(log: RunLog) -> None:
    good, bad = log.end(log.start().id), log.end(log.start().id)
    branch = log._ledger.writer.branch()
    path = layout.run_file(bad.id)
    who = Identity("x", "x")
    branch.commit({path: b"format: 1\nid: 3\n"}, "Damage", expected=branch.tip(), author=who, when_ms=0)
    assert [run.id for run in log.list()] == [good.id]
    with pytest.raises(InvalidRecord):
        log.get(bad.id)


def test_a_line_that_names_no_model_does_not_cost_the_run(log: RunLog) -> None:
    run = log.start()
    log._ledger.say(run.id, ["m", [["a", 1.0, 0, 5, None, None, "m-x"]]])
    log.log_metrics(run.id, [Metric("b", 2.0)])
    assert {metric.key for metric in log.end(run.id).metrics} == {"b"}


def test_a_long_param_is_cut_as_mlflow_cuts_it(log: RunLog, caplog: pytest.LogCaptureFixture) -> None:
    run = log.start()
    log.log_params(run.id, {"a": "x" * 6000, "b": "secret" * 1200})
    log.log_params(run.id, {"b": "secret" * 1200})
    assert {key: len(value) for key, value in log.end(run.id).params.items()} == {"a": 6000, "b": 6000}
    assert "'b' has 7200 characters and is cut to 6000" in caplog.text
    assert "secret" not in caplog.text
