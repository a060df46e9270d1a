"""Copies elsewhere: to a folder against copying, to object storage against obstore alone, and what peers take."""

import shutil

import s3_server
import weights
from measure import Row, Sides, Spent, asked, in_turn, row
from peers import SCRIPTS, Dvc, Keeper, Lfs, Ours, opened
from storage_files import GIB, ROUNDS, copied, workplace

SIDE = SCRIPTS / "object_storage.py"
S3_SIZE = GIB // 2


def bench_folder(sides: Sides) -> list[Row]:
    """One incompressible file of 1 GiB, sent to an empty folder and fetched into an empty store, durably."""
    with workplace() as folder:
        source = weights.noise(folder / "source", GIB)
        for name in ("store", "shelf", "work"):
            (folder / name).mkdir()
        asked(sides.ours, SCRIPTS / "ours.py", "add", folder / "store", source)

        def push() -> Spent:
            shutil.rmtree(folder / "shelf")
            (folder / "shelf").mkdir()
            taken = asked(sides.ours, SCRIPTS / "ours.py", "push", folder / "store", source, folder / "shelf")
            return Spent(taken["wall"], taken["cpu"])

        def pull() -> Spent:
            shutil.rmtree(folder / "work")
            taken = asked(
                sides.ours, SCRIPTS / "ours.py", "pull", folder / "store", source, folder / "shelf", folder / "work"
            )
            return Spent(taken["wall"], taken["cpu"])

        spent = in_turn({"copy": lambda: copied(source, folder), "push": push, "pull": pull}, ROUNDS)
    over = {name: each.wall / spent["copy"].wall for name, each in spent.items()}
    return [
        row(f"{verb} 1 GiB {way} a folder over copy + fsync", {"copy": 1.0, "ours": over[verb]}, "x", 1.15, peer="copy")
        for verb, way in (("push", "to"), ("pull", "from"))
    ]


def bench_shared(sides: Sides) -> list[Row]:
    """A version of which one tensor of twenty is new: the bytes that travel over those of the version."""
    with workplace() as folder:
        (folder / "shelf").mkdir()
        taken = asked(sides.ours, SCRIPTS / "ours.py", "shared", folder / "store", folder / "model", folder / "shelf")
    return [row("push a version that shares 95 %, bytes sent over its size", {"ours": taken["share"]}, "x", 0.055)]


def bench_object_storage(sides: Sides) -> list[Row]:
    """512 MiB to moto's S3 server on this machine and back, verified and synced; obstore alone verifies nothing."""
    with workplace() as folder, s3_server.served(sides, folder) as environment:
        weights.noise(folder / "source", S3_SIZE)
        asked(sides.ours, SIDE, "add", folder, "none")

        def spent(verb: str, prefix: str) -> Spent:
            if verb in ("put", "push"):
                s3_server.emptied(environment, prefix, sides.ours)
            taken = asked(sides.ours, SIDE, verb, folder, prefix, environment=environment)
            return Spent(taken["wall"], taken["cpu"])

        sent = in_turn({"obstore": lambda: spent("put", "alone"), "ours": lambda: spent("push", "ours")}, ROUNDS)
        got = in_turn({"obstore": lambda: spent("get", "alone"), "ours": lambda: spent("pull", "ours")}, ROUNDS)
    rows = []
    for what, taken in (("push 512 MiB to S3", sent), ("pull 512 MiB from S3", got)):
        rates = {name: taken["obstore"].wall / each.wall for name, each in taken.items()}
        rows.append(row(f"{what}: rate over obstore's", rates, "x", 0.8, more=True))
    return rows


def bench_peers(sides: Sides) -> list[Row]:
    """256 MiB that were stored before, published with each tool's command line: files to a folder, the rest to git.

    Git LFS copies them without syncing or checking them, so DVC is the measure.
    """
    with workplace() as folder:
        source = weights.noise(folder / "source", GIB // 4)

        def sent(kind: type[Keeper]) -> Spent:
            keeper = opened(kind, folder / kind.name, sides)
            if keeper is None:
                raise RuntimeError(f"no {kind.name}")
            try:
                keeper.share(folder / f"{kind.name}-elsewhere")
                keeper.add(keeper.take(source, "model"))
                return keeper.send()
            finally:
                keeper.remove()
                shutil.rmtree(folder / f"{kind.name}-elsewhere", ignore_errors=True)

        spent = in_turn({kind.name: lambda kind=kind: sent(kind) for kind in (Ours, Dvc, Lfs)}, ROUNDS)
    rows = []
    for what in ("wall", "cpu"):
        each = {name: getattr(taken, what) for name, taken in spent.items()}
        rows.append(row(f"push 256 MiB, command line, {what.replace('cpu', 'CPU')}", each, "s", each.get("dvc", 0.0)))
    return rows
