"""``git models search``: models and versions by what is known of them."""

import click

from gitmodels.cli import tables
from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, paged
from gitmodels.cli.wording import counted


@click.command()
@click.argument("text", metavar="FILTER", default="")
@click.option("--versions/--models", "versions", default=True, help="What to look for: versions, or models.")
@click.option("--order-by", "order", metavar="KEY", multiple=True, help='"metrics.auc DESC"; may be given again.')
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most so many.")
@paged
def search(call: Call, text: str, versions: bool, order: tuple[str, ...], limit: int | None) -> None:
    """List the versions, or models, for which FILTER holds: "name LIKE 'fr%' AND metrics.auc > 0.9".

    FILTER is MLflow's: comparisons joined by AND, text in quotes. Both have name, tags.KEY, creation_timestamp and
    last_updated_timestamp (milliseconds); versions also version, alias, stage, flavor, author, code_execution, run_id,
    run_name, source_path, model_id, size, metrics.KEY, params.KEY, and inputs and outputs, which hold for one column of
    the signature, such as "age: double".
    """
    from gitmodels.api import searching

    found = (searching.versions if versions else searching.models)(looking(call), text, order, limit)
    if call.json:
        call.out.json_list(found)
    elif versions:
        count = tables.show_versions(call, found, named=True)
        call.err.line(counted(count, "version"))
    else:
        tables.show_models(call, found)
