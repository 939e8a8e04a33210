"""Networks on disk: a folder of arrays, which are mapped into memory and not read, and a manifest."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
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
MOMENT_S = 2.0
FLAGS = {"main": "node_lonlat", "usable": "tail"}
"""What a network keeps of each vehicle once it is prepared, one truth for each row of another array."""


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
        arrays |= {f"usable.{profile}": network.usable(profile) for profile in network.profiles}
        arrays |= {f"grid.{name}": getattr(network.index, name) for name in snapping.ARRAYS}
    for profile, prepared in network.hierarchies.items():
        arrays |= {f"hierarchy.{profile}.{name}": getattr(prepared, name) for name in hierarchy.ARRAYS}
    for name, array in arrays.items():
        with (folder / f"{name}.npy").open("wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
    stamps = {name: _stamp(folder / f"{name}.npy") for name in arrays}
    manifest = asdict(network.manifest) | {"profiles": list(network.profiles), "prepared": list(network.hierarchies), "files": stamps}
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")


def _stamp(path: Path) -> list[int]:
    """Give size and time of change of a file."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _untouched(folder: Path, stamps: dict[str, list[int]]) -> bool:
    """Tell whether all files are as they were written, so that their contents need not be read to be believed.

    What was written a moment ago is not believed: a second change so soon could leave the same time behind.
    """
    moment_ago = time.time_ns() - int(MOMENT_S * 1e9)
    return all(stamp[1] < moment_ago and stamp == _stamp(folder / f"{name}.npy") for name, stamp in stamps.items())


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
        profiles, prepared, stamps = raw.pop("profiles"), raw.pop("prepared"), raw.pop("files")
        fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
        manifest = Manifest(**fields)
        names = _names(profiles, prepared)
        if names != stamps.keys() or any(Path(name).name != name for name in names):
            raise ValueError("its list of files does not fit")
        files = {name: mapped(folder, name) for name in sorted(names)}
        if not _untouched(folder, stamps):
            _check_fit(manifest, files, profiles, prepared)
    except InputError:
        raise
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"The road network in {folder} is damaged ({error}); import it again.") from None
    kept: dict[Any, Any] = {}
    if prepared:
        kept = {(name, profile): files[f"{name}.{profile}"] for name in FLAGS for profile in profiles}
        kept["index",] = Index(**{name: files[f"grid.{name}"] for name in snapping.ARRAYS})
    return Network(
        manifest=manifest,
        time_s={profile: files[f"time_s.{profile}"] for profile in profiles},
        hierarchies={profile: Hierarchy(**_part(files, f"hierarchy.{profile}", hierarchy.ARRAYS)) for profile in prepared},
        _cache=kept,
        **{name: files[name] for name in ARRAYS},
    )


def _names(profiles: list[str], prepared: list[str]) -> set[str]:
    """Name the arrays of a network with these vehicles, of which some are prepared."""
    names = {*ARRAYS, *(f"time_s.{profile}" for profile in profiles)}
    names |= {f"hierarchy.{profile}.{name}" for profile in prepared for name in hierarchy.ARRAYS}
    if prepared:
        names |= {f"grid.{name}" for name in snapping.ARRAYS} | {f"{name}.{profile}" for name in FLAGS for profile in profiles}
    return names


def _part(files: dict[str, NDArray[Any]], prefix: str, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    return {name: files[f"{prefix}.{name}"] for name in names}


def mapped(folder: Path, name: str) -> NDArray[Any]:
    """Map the array of a file into memory."""
    return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)  # a plain array is quicker to index


def _check_fit(manifest: Manifest, files: dict[str, NDArray[Any]], profiles: list[str], prepared: list[str]) -> None:
    """Raise ValueError unless every array has its type and size and points at what is there."""
    n, m, k = (len(files[name]) for name in ("node_lonlat", "tail", "shape_lonlat"))
    sizes = {"node_lonlat": (n, 2), "shape_start": (m + 1,), "shape_lonlat": (k, 2)}
    expected = {name: (np.dtype(kind), sizes.get(name, (m,))) for name, kind in ARRAYS.items()}
    expected |= {f"time_s.{profile}": (np.dtype("f8"), (m,)) for profile in profiles}
    if prepared:
        expected |= {f"{name}.{profile}": (np.dtype("?"), (len(files[of]),)) for name, of in FLAGS.items() for profile in profiles}
    for name, (kind, size) in expected.items():
        if (files[name].dtype, files[name].shape) != (kind, size):
            raise ValueError(f"{name} has another type or size")
    listed = {name: len(getattr(manifest, words)) for name, words in LISTED.items()}
    for name, lowest, end in (("tail", 0, n), ("head", 0, n), *((name, -1, end) for name, end in listed.items())):
        if m and not lowest <= files[name].min() <= files[name].max() < end:
            raise ValueError(f"{name} points at what is not there")
    start = files["shape_start"]
    if start[0] != 0 or start[-1] != k or (np.diff(start) < 2).any():
        raise ValueError("shape_start does not cut the shapes")
    for profile in profiles:
        if not (files[f"time_s.{profile}"] >= 0).all():
            raise ValueError(f"the times of {profile} are negative or unknown")
    for profile in prepared:
        hierarchy.check_fit(_part(files, f"hierarchy.{profile}", hierarchy.ARRAYS), n, m)
    if prepared:
        snapping.check_fit(_part(files, "grid", snapping.ARRAYS), k)
