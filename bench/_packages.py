"""Data packages for the benchmarks: the bundled one with more parks than there are."""

from __future__ import annotations

import csv
import shutil
from itertools import count, islice
from pathlib import Path

import numpy as np

from geo import layers

M_A_DEGREE = 111_000


Box = tuple[float, float, float, float]


def enlarged(folder: Path, *, box: Box | None = None, **rows: int) -> Path:
    """Write the bundled package into a new folder, with so many rows in some of its tables:
    ``parks=10_000``.

    The made ones are copies of the real ones, row by row, with a number behind id and names; none
    is a part of another. Each lies aside by up to half the accuracy of its position, by a fixed
    seed, or anywhere in a box of west, south, east and north in Viet Nam."""
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
    most = float(row["position_accuracy_m"] or 0) / 2 / M_A_DEGREE
    for axis, place in enumerate(("lon", "lat")):
        at = (
            rng.uniform(box[axis], box[axis + 2])
            if box
            else float(row[place]) + rng.uniform(-most, most)
        )
        moved[place] = f"{at:.5f}"
    return moved
