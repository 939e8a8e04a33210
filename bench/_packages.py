"""Data packages for the benchmarks: the bundled one with more parks than there are."""

from __future__ import annotations

import csv
import shutil
from itertools import count, islice
from pathlib import Path

import numpy as np

from geo import layers

SPREAD_DEG = 0.02
"""How far a made park lies from the real one whose row it copies: one standard deviation."""


Box = tuple[float, float, float, float]


def enlarged(folder: Path, *, box: Box | None = None, **rows: int) -> Path:
    """Write the bundled package into a new folder, with so many rows in some of its tables:
    ``parks=10_000``.

    The made ones are copies of the real ones, row by row, with a number behind id and names; none
    is a part of another. Each lies a little aside, by a fixed seed, or anywhere in a box of west,
    south, east and north in Viet Nam."""
    source = layers.bundled()
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    rng = np.random.default_rng(0)
    for table, wanted in rows.items():
        with (source / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            names, real = list(reader.fieldnames or ()), list(reader)
        copied = [row for row in real if not box or row["country"] == "VN"]
        made = (_moved(row, number, box, rng) for number in count(1) for row in copied)
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(real)
            writer.writerows(islice(made, max(wanted - len(real), 0)))
    return folder


def _moved(
    row: dict[str, str], number: int, box: Box | None, rng: np.random.Generator
) -> dict[str, str]:
    moved = row | {"id": f"{row['id']}-{number}"}
    if "part_of" in row:
        moved["part_of"] = ""
    for name in ("name_en", "name_vi", "name_zh"):
        moved[name] = row[name] and f"{row[name]} {number}"
    for axis, place in enumerate(("lon", "lat")):
        at = (
            rng.uniform(box[axis], box[axis + 2])
            if box
            else float(row[place]) + rng.normal(0, SPREAD_DEG)
        )
        moved[place] = f"{at:.5f}"
    return moved
