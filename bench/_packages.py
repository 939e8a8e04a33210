"""Data packages for the benchmarks: the bundled one with more parks than there are."""

from __future__ import annotations

import csv
import shutil
from itertools import count, islice, product
from pathlib import Path

import numpy as np

from geo import layers

SPREAD_DEG = 0.02
"""How far a made park lies from the real one whose row it copies: one standard deviation."""


def enlarged(folder: Path, parks: int) -> Path:
    """Write the bundled package into a new folder, with so many parks.

    The made ones are copies of the real ones, row by row, with a number behind id and names, each
    moved a little by a fixed seed; none is a part of another."""
    source = layers.bundled()
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    with (source / "parks.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = list(reader.fieldnames or ()), list(reader)
    rng = np.random.default_rng(0)
    made = (_moved(row, number, rng) for number, row in product(count(1), rows))
    with (folder / "parks.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        writer.writerows(islice(made, max(parks - len(rows), 0)))
    return folder


def _moved(row: dict[str, str], number: int, rng: np.random.Generator) -> dict[str, str]:
    moved = row | {"id": f"{row['id']}-{number}", "part_of": ""}
    for name in ("name_en", "name_vi", "name_zh"):
        moved[name] = row[name] and f"{row[name]} {number}"
    for axis in ("lon", "lat"):
        moved[axis] = f"{float(row[axis]) + rng.normal(0, SPREAD_DEG):.5f}"
    return moved
