"""What runs inside an environment built for a model: load it, and predict, for a process that waits outside.

The job is a folder: ``job.json`` and ``request`` come in, ``answer.json`` goes out, so that whatever the model prints
disturbs nothing. Trust was decided outside, before the environment was built.
"""

import json
import os
import traceback
from pathlib import Path
from typing import Any

from gitmodels.api import loading, predicting
from gitmodels.errors import GitModelsError
from gitmodels.mlmodel.example import load_example_params
from gitmodels.mlmodel.trust import Subject

JOB = "job.json"
REQUEST = "request"
ANSWER = "answer.json"


def work(folder: str) -> None:
    """Do the job in ``folder`` and leave its answer there; what goes wrong is an answer too."""
    place = Path(folder)
    job = json.loads((place / JOB).read_bytes())
    answer: dict[str, Any] = {"step": "load"}
    try:
        _do(job, place, answer)
    except GitModelsError as error:
        answer["error"] = {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
        answer["traceback"] = traceback.format_exc()
    except Exception as error:  # noqa: BLE001 - a model may raise anything at all
        # Its words may hold data, so only its kind goes out, and the module that is missing.
        name = error.name if isinstance(error, ImportError) and type(error.name) is str else ""
        answer["error"] = {"kind": type(error).__name__, "module": name}
        answer["traceback"] = traceback.format_exc()
    part = place / f"{ANSWER}.part"
    part.write_text(json.dumps(answer), encoding="utf-8")
    os.replace(part, place / ANSWER)


def _do(job: dict[str, Any], place: Path, answer: dict[str, Any]) -> None:
    opened = loading.Opened(Path(job["directory"]), Subject(job["reference"]))
    model = loading.predictor(opened, trust=True)
    answer["step"] = "predict"
    if job["kind"] != "example":
        answer["predictions"] = predicting.answer(model, job["reference"], (place / REQUEST).read_bytes(), job["kind"])
        return
    info = model.metadata.saved_input_example_info
    answer["predicted"] = info is not None
    if info is not None:
        data = model.metadata.load_input_example(opened.directory)
        model.predict(data, load_example_params(opened.directory, info))
