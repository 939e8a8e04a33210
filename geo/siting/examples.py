"""Examples of requirements: what a sector may ask of a site, to begin from and to edit."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geo.errors import InputError, Message, NotFoundError
from geo.layers import validation
from geo.schema import AS_OF, ID, NAMES, NOTES, SECTORS, SOURCE, Field, unfold
from geo.siting.limits import Limit, is_number
from geo.siting.limits import faults as faults_of_limits
from geo.siting.measures import table_criteria
from geo.siting.sites import columns
from geo.text import short

FILE = "profiles.json"
MATCHES = ("same", "part", "none")
"""Whether a sector's name means the same as sectors in the data, only a part of it is there, or
nothing.
"""


@dataclass(frozen=True)
class Example:
    """An *example* of what a sector may require: somebody's assumption, to be edited, never a
    finding.

    Attributes
    ----------
    sectors, sectors_match
        The sectors in the data that its name stands for, and whether they are the same, a part of
        it, or none at all.
    weights
        By criterion, 0 or more, in any scale.
    """

    id: str
    name_en: str
    name_vi: str
    name_zh: str
    sectors: tuple[str, ...]
    sectors_match: str
    limits: tuple[Limit, ...]
    weights: dict[str, float]
    notes: str
    source: str
    source_kind: str
    as_of: str


FIELDS = (
    ID,
    *(replace(name, required=True) for name in NAMES),
    Field(
        "sectors",
        "Sectors",
        "Sectors of the data; empty where none stands for it.",
        type="list",
        allowed=SECTORS,
    ),
    Field(
        "sectors_match",
        "Match",
        "Whether those sectors mean the same, a part, or none does.",
        required=True,
        allowed=MATCHES,
    ),
    replace(NOTES, required=True),
    *(SOURCE[0], replace(SOURCE[1], allowed=("assumption",)), AS_OF),
)


def read(folder: str | os.PathLike[str]) -> dict[str, Example]:
    """Read the examples of a data package from ``profiles.json``, in the order of the file, by id.

    Raises
    ------
    NotFoundError
        The package has no such file.
    InputError
        The file is not a list of profiles, or profiles have faults; every one is listed.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        raise NotFoundError(Message("There is no file %(path)s.", {"path": path}))
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["profiles"]
        if not _are_objects(entries):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(Message("%(file)s holds no list of profiles.", {"file": FILE})) from None
    rows: list[validation.Row] = []
    names = dict.fromkeys(name for entry in entries for name in entry)
    faults = validation.header_faults(
        [name for name in names if name not in ("limits", "weights")], FIELDS
    )
    limits: list[tuple[Limit, ...]] = []
    for number, entry in enumerate(entries, start=1):
        rows.append(
            {field.name: _text(entry.get(field.name)) for field in FIELDS}
            | {"_at": f"profile {number}"}
        )
        asked, wrong = _limits(entry.get("limits"))
        limits.append(asked)
        wrong += _weight_faults(entry.get("weights"))
        if (rows[-1]["sectors_match"] == "none") != (rows[-1]["sectors"] is None):
            wrong.append("sectors: there are some, and then they match, or there are none")
        faults += [f"profile {number} ({entry.get('id')}): {fault}" for fault in wrong]
    validation.refuse(FILE, faults + validation.row_faults(rows, FIELDS))
    return {
        row["id"]: Example(
            **{field.name: row[field.name] for field in FIELDS}
            | {"sectors": unfold(row["sectors"])},
            limits=asked,
            weights=entry["weights"],
        )
        for row, asked, entry in zip(rows, limits, entries, strict=True)
    }


def _text(cell: object) -> str | None:
    return (
        ";".join(map(str, cell)) if isinstance(cell, list) else "" if cell is None else str(cell)
    ).strip() or None


def _are_objects(entries: object) -> bool:
    return isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)


def _limits(entries: Any) -> tuple[tuple[Limit, ...], list[str]]:
    """Make limits of JSON objects; where some cannot be, only their faults."""
    if not _are_objects(entries):
        return (), ["limits: is no list of objects"]
    needed = {"column", "kind", "value"}
    faults = []
    for number, entry in enumerate(entries, start=1):
        at = f"limits: limit {number}"
        faults += [f"{at}: “{name}” is missing" for name in sorted(needed - entry.keys())]
        unknown = sorted(entry.keys() - needed - {"unknown"})
        faults += [f"{at}: “{name}” is unknown" for name in unknown]
    if faults:
        return (), faults
    asked = tuple(Limit(**entry) for entry in entries)
    return asked, [f"limits: {fault}" for fault in faults_of_limits(asked, columns())]


def _weight_faults(weights: object) -> list[str]:
    if not isinstance(weights, dict):
        return ["weights: is no object"]
    known = table_criteria()
    faults = [
        f"weights: “{short(name)}” is no criterion; there are {', '.join(known)}"
        for name in weights
        if name not in known
    ]
    wrong = [name for name, weight in weights.items() if not is_number(weight) or weight < 0]
    faults += [f"weights: {name}: {short(weights[name])} is no number from 0" for name in wrong]
    return faults if wrong or any(weights.values()) else [*faults, "weights: none is above 0"]
