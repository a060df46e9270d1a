"""Copies elsewhere: 1 GiB to a folder and back, against copying; what a version that shares much sends."""

import shutil

import weights
from measure import Row, Sides, Spent, asked, in_turn, row
from peers import SCRIPTS
from storage_files import GIB, ROUNDS, copied, workplace


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
