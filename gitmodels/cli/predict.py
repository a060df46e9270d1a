"""``git models predict``: what a model answers for a file of data."""

import sys
from pathlib import Path

import click

from gitmodels.cli.opening import looking, trust_as_option
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import REF, complete_files
from gitmodels.errors import FileMissing, Invalid
from gitmodels.uris import ModelRef

_KINDS = {".csv": "csv", ".parquet": "parquet"}


@click.command()
@click.argument("ref", type=REF)
@click.argument("data", metavar="[FILE]", default="-", shell_complete=complete_files)
@click.option("--type", "kind", type=click.Choice(["json", "csv", "parquet"]), help="What FILE is, else by its ending.")
@click.option(
    "--env",
    "environment",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Predict in the model's own environment in DIR; it is built there first where it is not.",
)
@click.option("--trust", is_flag=True, help="Let code in this model run, this once.")
@writing
@trust_as_option()
def predict(call: Call, ref: ModelRef, data: str, kind: str | None, environment: Path | None, trust: bool) -> None:
    """Predict with REF for the rows in FILE (standard input without one), as JSON on standard output.

    JSON takes MLflow's forms: dataframe_split, dataframe_records, instances or inputs, with params beside them.
    """
    from gitmodels.api import environments, predicting

    kind = kind or _KINDS.get(Path(data).suffix.lower(), "json")
    # One byte more than is taken: enough to be refused, however endless the input.
    raw = _read(data, predicting.limit(kind) + 1)
    trusting = True if trust else None
    if environment is None:
        answer = predicting.predict(looking(call, ref), ref, raw, kind, trusting)
    else:
        answer = environments.predict(looking(call, ref), ref, raw, kind, environment, trusting)
    call.out.json({"predictions": answer})


def _read(data: str, size: int) -> bytes:
    if data == "-":
        given = sys.stdin.buffer.read(size) if sys.stdin is not None else b""
        if not given:
            raise Invalid("no data: standard input is empty", hint="name a file (data.csv), or pipe JSON in")
        return given
    try:
        with open(data, "rb") as stream:
            return stream.read(size)
    except FileNotFoundError:
        raise FileMissing(f"no such file: {data}") from None
