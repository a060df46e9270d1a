"""What a folder of plain files is as a model: its readable files, and what loading it may run.

This room looks at files; where they came from, and under which name they are registered, is said above.
"""

from pathlib import Path

from gitmodels.api import content
from gitmodels.api.content import Content
from gitmodels.mlmodel.execution import code_execution, of_files
from gitmodels.mlmodel.file import NAME
from gitmodels.mlmodel.trust import UNNAMED
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo


def of_folder(repo: Repo, folder: Path, manifest: Manifest, source: str) -> Content:
    """The content of ``folder``, stored as ``manifest`` a moment ago. Raises Invalid for an MLmodel that is none."""
    readable = content.readable_of(repo, manifest)
    return Content(manifest, readable, code_execution(folder), source, UNNAMED)


def of_listed(repo: Repo, folder: Path, manifest: Manifest, source: str) -> Content:
    """The same of a folder that holds more than the files of ``manifest``."""
    readable = content.readable_of(repo, manifest)
    is_packaged = NAME in readable
    runs = code_execution(folder) if is_packaged else of_files(folder / entry.path for entry in manifest.entries)
    return Content(manifest, readable, runs, source, UNNAMED)
