"""What a notebook shows of runs, models and versions: small, and escaped."""

from pathlib import Path
from typing import Any

import gitmodels

HOSTILE = "<script>alert(1)</script>\u202e"


def test_everything_that_a_cell_may_end_with(classifier: Any, iris: tuple[Any, Any], here: Path) -> None:
    with gitmodels.start_run(run_name="first & last") as run:
        gitmodels.log_param("note", HOSTILE)
        gitmodels.log_metric("auc", 0.9)
        gitmodels.set_tag("team", HOSTILE)
        info = gitmodels.sklearn.log_model(
            classifier, name="clf", input_example=iris[0].head(2), registered_model_name="iris", tags={"t": HOSTILE}
        )
    client = gitmodels.MlflowClient()
    client.update_registered_model("iris", HOSTILE)
    client.update_model_version("iris", 1, HOSTILE)
    client.set_registered_model_alias("iris", "champion", 1)
    pages = [
        shown._repr_html_()
        for shown in (
            gitmodels.get_run(run.info.run_id),
            run,
            info,
            client.get_registered_model("iris"),
            client.get_model_version("iris", 1),
            gitmodels.pyfunc.load_model("models:/iris/1"),
        )
    ]
    for page in pages:
        assert page.startswith("<table><caption>")
        assert "<script" not in page
        assert "\u202e" not in page
        assert len(page) < 8000
    whole = "".join(pages)
    for part in ("first &amp; last", "&lt;script&gt;", "auc: 0.9", "champion: v1", "sepal length", info.model_id or ""):
        assert part in whole
