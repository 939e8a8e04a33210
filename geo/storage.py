"""Networks on disk: a folder of arrays, which are mapped into memory and not read, and a manifest."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import hierarchy, snapping
from geo.errors import InputError, NotFoundError
from geo.hierarchy import Hierarchy
from geo.network import ARRAYS, FORMAT, LISTED, Manifest, Network
from geo.snapping import Index

MANIFEST = "network.json"


def save(network: Network, folder: str | os.PathLike[str]) -> Path:
    """Write a network as a folder of arrays and a manifest: beside the goal first, then moved into place.

    An existing network of that name is replaced only once the new one is whole.
    """
    goal = Path(folder)
    with beside(goal) as made:
        write(network, made)
    return goal


def write(network: Network, folder: Path) -> None:
    """Write the files of a network into a folder that nobody reads yet."""
    arrays = {name: getattr(network, name) for name in ARRAYS} | {f"time_s.{profile}": time for profile, time in network.time_s.items()}
    if network.hierarchies:
        arrays |= {f"main.{profile}": network.main(profile) for profile in network.profiles}
        arrays |= {f"grid.{name}": getattr(network.index, name) for name in snapping.ARRAYS}
    for profile, prepared in network.hierarchies.items():
        arrays |= {f"hierarchy.{profile}.{name}": getattr(prepared, name) for name in hierarchy.ARRAYS}
    for name, array in arrays.items():
        with (folder / f"{name}.npy").open("wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
    manifest = asdict(network.manifest) | {"profiles": list(network.profiles), "prepared": list(network.hierarchies)}
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")


@contextmanager
def beside(goal: Path) -> Iterator[Path]:
    """Give a new folder beside the goal, and put it in the goal's place once everything in it is written."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{goal.name}.", dir=goal.parent))
    try:
        yield made
        made.chmod(0o755)
        aside = made.with_name(f"{made.name}.old")
        if goal.exists():
            goal.rename(aside)
        try:
            made.rename(goal)
        except BaseException:
            if aside.exists():
                aside.rename(goal)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def load(folder: str | os.PathLike[str]) -> Network:
    """Open a saved network; its arrays are mapped into memory, not read.

    Raises
    ------
    NotFoundError
        There is no network in that folder.
    InputError
        It was written by another version, or it is damaged.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise NotFoundError(f"There is no road network in {folder}.")
    try:
        raw = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if raw.get("format") != FORMAT:
            raise InputError(f"The road network in {folder} has format {raw.get('format')}, this version reads {FORMAT}; import it again.")
        profiles, prepared = raw.pop("profiles"), raw.pop("prepared", [])
        fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
        manifest = Manifest(**fields)
        arrays = {name: mapped(folder, name) for name in ARRAYS}
        time_s = {profile: mapped(folder, f"time_s.{profile}") for profile in profiles}
        _check_fit(manifest, arrays, time_s)
        hierarchies = {profile: _hierarchy(folder, profile, len(arrays["node_lonlat"])) for profile in prepared}
        kept = _kept(folder, profiles, arrays) if hierarchies else {}
    except InputError:
        raise
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"The road network in {folder} is damaged ({error}); import it again.") from None
    return Network(manifest=manifest, time_s=time_s, hierarchies=hierarchies, _cache=kept, **arrays)


def mapped(folder: Path, name: str) -> NDArray[Any]:
    """Map the array of a file into memory."""
    return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)  # a plain array is quicker to index


def _hierarchy(folder: Path, profile: str, node_count: int) -> Hierarchy:
    arrays = {name: mapped(folder, f"hierarchy.{profile}.{name}") for name in hierarchy.ARRAYS}
    hierarchy.check_fit(arrays, node_count)
    return Hierarchy(**arrays)


def _kept(folder: Path, profiles: list[str], arrays: dict[str, NDArray[Any]]) -> dict[Any, Any]:
    """Open what a network keeps once it is made: its grid and its main components."""
    grid = {name: mapped(folder, f"grid.{name}") for name in snapping.ARRAYS}
    snapping.check_fit(grid, len(arrays["shape_lonlat"]))
    kept: dict[Any, Any] = {("index",): Index(**grid)}
    for profile in profiles:
        main = kept["main", profile] = mapped(folder, f"main.{profile}")
        if main.dtype != bool or main.shape != (len(arrays["node_lonlat"]),):
            raise ValueError(f"main.{profile} has another type or size")
    return kept


def _check_fit(manifest: Manifest, arrays: dict[str, NDArray[Any]], time_s: dict[str, NDArray[Any]]) -> None:
    """Raise ValueError unless every array has its type and size and points at what is there."""
    n, m, k = (len(arrays[name]) for name in ("node_lonlat", "tail", "shape_lonlat"))
    sizes = {"node_lonlat": (n, 2), "shape_start": (m + 1,), "shape_lonlat": (k, 2)}
    expected = {name: (np.dtype(kind), sizes.get(name, (m,))) for name, kind in ARRAYS.items()}
    expected |= dict.fromkeys(time_s, (np.dtype("f8"), (m,)))
    for name, array in (arrays | time_s).items():
        if (array.dtype, array.shape) != expected[name]:
            raise ValueError(f"{name} has another type or size")
    listed = {name: len(getattr(manifest, words)) for name, words in LISTED.items()}
    for name, lowest, end in (("tail", 0, n), ("head", 0, n), *((name, -1, end) for name, end in listed.items())):
        if m and not lowest <= arrays[name].min() <= arrays[name].max() < end:
            raise ValueError(f"{name} points at what is not there")
    start = arrays["shape_start"]
    if start[0] != 0 or start[-1] != k or (np.diff(start) < 2).any():
        raise ValueError("shape_start does not cut the shapes")
    for profile, time in time_s.items():
        if not (time >= 0).all():
            raise ValueError(f"the times of {profile} are negative or unknown")
