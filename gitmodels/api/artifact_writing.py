"""Values as files of a run: dictionaries, text, figures, images, tables.

This room knows how a value is written down, as MLflow writes it (mlflow/tracking/client.py, 3.17); where the bytes go
is known by ``run_files``. Figures and images are taken by what they can do, so that no plotting library is needed.
"""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitmodels.api import png, run_files
from gitmodels.errors import Invalid, NotFound
from gitmodels.patterns import pattern
from gitmodels.repo import Repo
from gitmodels.runs.writer import now_ms

LOGGED_ARTIFACTS = "mlflow.loggedArtifacts"
LOGGED_IMAGES = "mlflow.loggedImages"
_KEY = pattern(r"[a-zA-Z0-9_\-./ ]+")
_YAML = (".yml", ".yaml")


def log_dict(repo: Repo, run_id: str, dictionary: Any, artifact_file: str) -> None:
    """``dictionary`` as YAML when the name ends so, else as JSON; what neither knows as its text."""
    try:
        text = json.dumps(dictionary, indent=2, default=str)
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"not a dictionary that JSON or YAML can hold: {error}") from None
    if str(artifact_file).lower().endswith(_YAML):
        import yaml

        text = yaml.safe_dump(json.loads(text), indent=2, default_flow_style=False, allow_unicode=True)
    log_text(repo, run_id, text, artifact_file)


def log_text(repo: Repo, run_id: str, text: str, artifact_file: str) -> None:
    """``text`` in UTF-8. Raises Invalid when it is no text."""
    if not isinstance(text, str):
        raise Invalid(f"text is expected, not {type(text).__name__}", hint="log_dict takes dictionaries and lists")
    run_files.log_bytes(repo, run_id, text.encode("utf-8", "surrogatepass"), artifact_file)


def log_figure(
    repo: Repo, run_id: str, figure: Any, artifact_file: str, save_kwargs: Mapping[str, Any] | None = None
) -> None:
    """A figure of matplotlib (``savefig``) or plotly (``write_html``, ``write_image``). Raises Invalid for others."""
    options = dict(save_kwargs or {})

    def write(path: Path) -> None:
        if hasattr(figure, "savefig"):
            figure.savefig(str(path), **options)
        elif hasattr(figure, "write_html") and path.suffix == ".html":
            figure.write_html(str(path), **({"include_plotlyjs": "cdn", "auto_open": False} | options))
        elif hasattr(figure, "write_image") and path.suffix in (".png", ".jpeg", ".webp", ".svg", ".pdf"):
            figure.write_image(str(path), **options)
        else:
            raise Invalid(
                f"Unsupported figure object type: '{type(figure).__name__}'",
                hint="a matplotlib figure, or a plotly one as .html or .png",
            )

    run_files.log_written(repo, run_id, write, artifact_file)


def log_image(repo: Repo, run_id: str, image: Any, artifact_file: str) -> None:
    """An image: an array of pixels, or anything with a ``save`` of its own, as PIL's have. Raises Invalid."""
    if hasattr(image, "save"):
        run_files.log_written(repo, run_id, lambda path: image.save(str(path)), artifact_file)
    elif hasattr(image, "shape"):
        if not artifact_file.lower().endswith(".png"):
            raise Invalid(f"an array of pixels is written as .png: {artifact_file!r}", hint="or give an image of PIL's")
        run_files.log_bytes(repo, run_id, png.encode(image), artifact_file)
    else:
        raise Invalid(f"Unsupported image object type: {type(image).__name__}", hint="an array, or an image of PIL's")


def log_step_image(
    repo: Repo, run_id: str, image: Any, key: str, step: int | None = None, timestamp: int | None = None
) -> None:
    """One image of a series: ``images/<key>+step+<step>+timestamp+<ms>+<id>.png``, and a tag that there are some."""
    if not _KEY.fullmatch(key):
        raise Invalid("The `key` parameter may only contain alphanumerics, underscores, dashes, periods, spaces and /")
    when = timestamp if timestamp is not None else now_ms()
    name = f"{key.replace('/', '~')}+step+{step or 0}+timestamp+{when}+{secrets.token_hex(16)}"
    log_image(repo, run_id, image, f"images/{name}.png")
    repo.runs.set_tags(run_id, {LOGGED_IMAGES: True})


def log_table(repo: Repo, run_id: str, data: Any, artifact_file: str) -> None:
    """A table as ``.json`` or ``.parquet``; rows go behind those of a table that is there. Raises Invalid."""
    import pandas as pd

    if not artifact_file.endswith((".json", ".parquet")):
        raise Invalid(f"Invalid artifact file path '{artifact_file}': a table is named .json or .parquet")
    if not isinstance(data, pd.DataFrame | dict):
        raise Invalid("data must be a pandas.DataFrame or a dictionary")
    frame = _frame(data)
    if run_files.entries(repo, run_id, artifact_file):
        frame = pd.concat([load_table(repo, run_id, artifact_file), frame], ignore_index=True)

    def write(path: Path) -> None:
        if path.suffix == ".parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_json(path, orient="split", index=False, date_format="iso")

    run_files.log_written(repo, run_id, write, artifact_file)
    _tell_table(repo, run_id, artifact_file)


def load_table(repo: Repo, run_id: str, artifact_file: str) -> Any:
    """The table that a run logged, as a DataFrame. Raises NotFound."""
    import io

    import pandas as pd

    found = run_files.entries(repo, run_id, artifact_file)
    if len(found) != 1 or found[0].path != artifact_file:
        raise NotFound(f"Artifact {artifact_file} not found for run {run_id}.")
    data = io.BytesIO(repo.store.read(found[0]))
    return pd.read_parquet(data) if artifact_file.endswith(".parquet") else pd.read_json(data, orient="split")


def tables(tags: Mapping[str, str]) -> set[str]:
    """The paths of the tables that a run's tags tell of."""
    try:
        rows = json.loads(tags.get(LOGGED_ARTIFACTS, "[]"))
        return {row["path"] for row in rows if row["type"] == "table"}
    except (ValueError, TypeError, KeyError):
        return set()


def _tell_table(repo: Repo, run_id: str, path: str) -> None:
    known = tables(repo.runs.get(run_id).tags)
    if path not in known:
        rows = [{"path": one, "type": "table"} for one in [*sorted(known), path]]
        repo.runs.set_tags(run_id, {LOGGED_ARTIFACTS: json.dumps(rows)})


def _frame(data: Any) -> Any:
    import pandas as pd

    if not isinstance(data, dict):
        return data
    try:
        return pd.DataFrame(data)
    except ValueError:
        # A dictionary of single values is one row.
        return pd.DataFrame([data])
