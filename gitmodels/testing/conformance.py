"""What every flavor promises, as tests over a flavor's cases: derive a class, give it ``cases``, and pytest runs them.

Real models, real folders; nothing is replaced. The checks look at a flavor from outside, through packaging and loading,
the way a user meets it.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from gitmodels import flavors, yaml
from gitmodels.errors import GitModelsError, InvalidModel, Untrusted
from gitmodels.flavors.frameworks import STAND_INS
from gitmodels.mlmodel import package
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.loaders import load_native
from gitmodels.mlmodel.package import PackageOptions
from gitmodels.mlmodel.predictor import load_predictor
from gitmodels.mlmodel.trust import CLASSES, Trust
from gitmodels.testing.cases import Case

# What code that came with a file does, and what reading plain data never does.
_CODE = ("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect")


class _Watch:
    """What Python audits while it is on; a hook cannot be taken away again, so there is one."""

    on = False
    installed = False
    seen: ClassVar[list[str]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _Watch.on and event in _CODE:
        _Watch.seen.append(f"{event} {arguments[:2]}"[:200])


@contextmanager
def watching() -> Iterator[list[str]]:
    """The audit events of the block that mean code of a file ran."""
    if not _Watch.installed:
        sys.addaudithook(_hook)
        _Watch.installed = True
    _Watch.seen, _Watch.on = [], True
    try:
        yield _Watch.seen
    finally:
        _Watch.on = False


class FlavorConformance:
    """The promises of a flavor. A subclass gives ``cases``; every test runs over each of them."""

    cases: ClassVar[list[Case]] = []
    _made: ClassVar[dict[str, tuple[Any, Any]]] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test over the cases; pytest calls this while it collects."""
        if "case" in metafunc.fixturenames:
            listed = [pytest.param(case, id=case.id, marks=case.marks) for case in self.cases]
            metafunc.parametrize("case", listed)

    @classmethod
    def teardown_class(cls) -> None:
        """Stop whatever server a framework started for the cases; pytest calls this after the last test."""
        for case in cls.cases:
            if cls._made.pop(case.id, None) is not None and case.stop is not None:
                case.stop()

    @pytest.fixture
    def made(self, case: Case) -> tuple[Any, Any]:
        """The trained model of the case and its data, made once; skipped by name where a framework is missing."""
        if missing := case.missing():
            pytest.skip(f"{case.id}: not installed: {', '.join(missing)}")
        if case.id not in self._made:
            self._made[case.id] = case.make(), case.data()
        return self._made[case.id]

    @pytest.fixture
    def saved(self, case: Case, made: tuple[Any, Any], tmp_path: Path) -> Path:
        """The model of the case, saved."""
        package.save(made[0], tmp_path / "m", case.flavor, PackageOptions(), case.options)
        return tmp_path / "m"

    def test_a_flavor_has_the_names_of_the_protocol(self, case: Case, made: tuple[Any, Any]) -> None:
        flavor = flavors.get(case.flavor)
        assert case.flavor == flavor.NAME
        assert flavor.PACKAGES
        assert all(isinstance(name, str) for name in flavor.PACKAGES)
        assert flavor.FORMATS
        assert set(flavor.FORMATS.values()) <= set(CLASSES)
        for function in ("save", "load", "predict", "code_execution"):
            assert callable(getattr(flavor, function)), function
            assert getattr(flavor, function).__doc__, f"{function} says nothing of itself"

    def test_the_model_is_recognised_by_its_class(self, case: Case, made: tuple[Any, Any]) -> None:
        assert flavors.detect(made[0]) == (case.recognised or case.flavor)

    def test_saved_and_loaded_it_predicts_the_same(self, case: Case, made: tuple[Any, Any], saved: Path) -> None:
        model, data = made
        expected = case.answer(model, data)
        assert case.same(load_predictor(saved, trust=Trust.all()).predict(data), expected)
        native = load_native(saved, case.flavor, trust=Trust.all())
        assert case.same((case.native or case.answer)(native, data), expected)
        assert case.same(flavors.get(case.flavor).predict(native, data, {}), expected)

    def test_the_mlmodel_file_is_plain_and_names_the_flavor(self, case: Case, saved: Path) -> None:
        record = yaml.load((saved / "MLmodel").read_bytes(), what="MLmodel")
        assert json.loads(json.dumps(record)) == record
        entries = record["flavors"]
        assert set(entries) == {case.flavor, "python_function"}
        if case.flavor != "python_function":
            assert flavors.behind(entries["python_function"]["loader_module"]) == case.flavor
        assert {"env", "python_version", "loader_module"} <= set(entries["python_function"])

    def test_what_loading_may_run_is_told_alike_everywhere(
        self, case: Case, made: tuple[Any, Any], tmp_path: Path
    ) -> None:
        flavor = flavors.get(case.flavor)
        told = flavor.save(made[0], tmp_path, case.options)
        config = told.pyfunc if case.flavor == "python_function" else told.config
        with watching() as events:
            assert flavor.code_execution(tmp_path, config) == told.code_execution
        assert told.code_execution in CLASSES
        assert events == []

    def test_nothing_runs_before_trust(self, case: Case, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        execution = code_execution(saved)
        if execution != "none":
            loads: list[Path] = []
            monkeypatch.setattr(flavors.get(case.flavor), "load", lambda directory, config: loads.append(directory))
            with watching() as events, pytest.raises(Untrusted) as refused:
                load_predictor(saved, trust=Trust.nothing())
            assert refused.value.hint
            with watching() as more, pytest.raises(Untrusted):
                load_native(saved, case.flavor, trust=Trust.nothing())
            assert (loads, events, more) == ([], [], [])
            return
        load_predictor(saved, trust=Trust.nothing())
        # Twice, so that a framework which is imported just now is not taken for the model.
        with watching() as events:
            load_predictor(saved, trust=Trust.nothing())
        ran = [event for event in events if not event.startswith(case.events)]
        assert ran == [], "a format that runs no code ran some"

    def test_a_path_out_of_the_model_is_refused(self, case: Case, saved: Path) -> None:
        record = yaml.load((saved / "MLmodel").read_bytes(), what="MLmodel")
        for name, config in record["flavors"].items():
            for key, value in config.items():
                if not value or not isinstance(value, str) or not (saved / value).exists():
                    continue
                for away in ("../elsewhere", "/etc/hostname"):
                    changed = {**record, "flavors": {**record["flavors"], name: {**config, key: away}}}
                    (saved / "MLmodel").write_bytes(yaml.dump(changed))
                    with pytest.raises(InvalidModel):
                        load_native(saved, name, trust=Trust.all())

    def test_a_missing_or_damaged_file_is_told_in_one_line(self, case: Case, saved: Path) -> None:
        config = ModelFile.read(saved).flavors[case.flavor]
        texts = [value for value in config.values() if value and isinstance(value, str)]
        named = [saved / value for value in texts if (saved / value).exists()]
        for path in named:
            # Of a folder, the file with the weights.
            inner = [each for each in path.rglob("*") if each.is_file()]
            path = path if path.is_file() else max(inner, key=lambda each: each.stat().st_size)
            whole = path.read_bytes()
            for change in (lambda: path.write_bytes(b"\0not a model\0"), path.unlink):  # noqa: B023 - called here
                change()
                with pytest.raises(GitModelsError) as raised:
                    load_native(saved, case.flavor, trust=Trust.all())
                assert "\n" not in raised.value.message
                assert str(saved) not in raised.value.message
            path.write_bytes(whole)

    def test_the_requirements_are_pinned_and_name_the_framework(self, case: Case, saved: Path) -> None:
        lines = (saved / "requirements.txt").read_text(encoding="utf-8").splitlines()
        pinned = {line.partition("==")[0] for line in lines if "==" in line}
        for name in flavors.get(case.flavor).PACKAGES:
            assert pinned & {name, *STAND_INS.get(name, ())}, f"{name} is not in {lines}"

    def test_the_same_model_saved_again_is_the_same_bytes(
        self, case: Case, made: tuple[Any, Any], saved: Path, tmp_path: Path
    ) -> None:
        package.save(made[0], tmp_path / "again", case.flavor, PackageOptions(), case.options)
        one, two = contents(saved), contents(tmp_path / "again")
        assert set(one) == set(two)
        assert not any(str(tmp_path).encode() in data for data in one.values())
        if case.stable:
            assert [name for name in one if one[name] != two[name]] == []

    def test_nothing_is_written_outside_and_loading_changes_nothing(
        self, case: Case, made: tuple[Any, Any], saved: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(saved.parent)
        before = contents(saved)
        load_predictor(saved, trust=Trust.all()).predict(made[1])
        assert contents(saved) == before
        assert os.listdir() == [saved.name]


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below ``directory`` with its bytes."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
