"""Names become paths and refs that git, and every file system, takes."""

import subprocess

import pytest

from gitmodels.registry import layout

ODD = [
    "fraud",
    "CreditRisk",
    "a..b",
    "x.lock",
    "con",
    "nul.yaml",
    ".hidden",
    "a b",
    "é",
    "日本",
    "-d",
    "@",
    "a@{1}",
    "x" * 256,
    "X" * 256,
]


@pytest.mark.parametrize("name", ODD)
def test_every_path_and_ref_is_one_git_accepts(name: str) -> None:
    ref = layout.alias_ref(name, "A" * 255)
    assert subprocess.run(["git", "check-ref-format", ref], check=False).returncode == 0
    path = layout.alias_file(name, "A" * 255)
    assert path.isascii()
    assert all(len(part) <= 255 for part in path.split("/"))


def test_no_two_names_share_a_folder_on_any_file_system() -> None:
    names = [*ODD, "Fraud", "FRAUD", "credit=risk", "=credit=risk", "%66raud"]
    folders = [layout.model_folder(name) for name in names]
    assert len({folder.casefold() for folder in folders}) == len(names)


def test_everything_of_a_version_stands_where_it_belongs() -> None:
    folder = "models/bc/=credit=risk"
    assert layout.model_file("CreditRisk") == f"{folder}/model.yaml"
    assert layout.version_file("CreditRisk", 7) == f"{folder}/versions/7/version.yaml"
    assert layout.manifest_file("CreditRisk", 7) == f"{folder}/versions/7/manifest.yaml"
    assert layout.meta_file("CreditRisk", 7) == f"{folder}/meta/7.yaml"
    assert layout.alias_file("CreditRisk", "Prod") == f"{folder}/aliases/=prod.yaml"
    assert layout.alias_ref("CreditRisk", "Prod") == "refs/gitmodels/aliases/=credit=risk/=prod"
