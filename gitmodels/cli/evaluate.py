"""``git models evaluate``: metrics of a version that is registered already."""

from typing import Any

import click

from gitmodels.cli.opening import opened, trust_as_option
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import NAME_NUMBER, REF, complete_files
from gitmodels.cli.wording import measured
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.argument("data", metavar="[FILE]", required=False, shell_complete=complete_files)
@click.option("--target", metavar="COLUMN", help="The column of the truth, else the only one the model does not take.")
@click.option("--type", "kind", type=click.Choice(["csv", "parquet"]), help="What FILE is, else by its ending.")
@click.option("--task", type=click.Choice(["classifier", "regressor"]), help="What the model does, else found out.")
@click.option("--metric", "metrics", type=NAME_NUMBER, multiple=True, help="Note this number; may be given again.")
@click.option("--dataset", "name", metavar="NAME", help="What the data is called, else as FILE.")
@click.option("--digest", help="The data's fingerprint, else computed from FILE.")
@click.option("-m", "--description", help="What there is to say of it.")
@click.option("--trust", is_flag=True, help="Let code in this model run, this once.")
@writing
@trust_as_option()
def evaluate(call: Call, ref: ModelRef, data: str | None, **wished: Any) -> None:
    """Measure REF on FILE, or note the numbers given with --metric, beside the version for good.

    A classifier gets accuracy, precision, recall and F1, and where it tells probabilities log loss and ROC AUC; a
    regressor RMSE, MAE and R2. The version stays as it is; show and ls NAME --metrics tell what was measured.
    """
    from gitmodels.api import evaluating

    wished |= {"metrics": dict(wished["metrics"]), "trust": True if wished["trust"] else None}
    done = evaluating.evaluate(opened(call), ref, data, evaluating.Wish(**wished))
    call.out.line(f"{done.name}/{done.number}  {measured(done.metrics)}")
