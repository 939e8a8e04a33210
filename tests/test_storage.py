"""Networks on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from geo import hierarchy, snapping, storage
from geo.errors import InputError, NotFoundError
from geo.network import ARRAYS, FORMAT, Network


def hours(net: Network) -> np.ndarray:
    return dijkstra(net.arcs("car").time_s)


def equal(a: Network, b: Network) -> bool:
    same = all(np.array_equal(getattr(a, name), getattr(b, name)) and getattr(a, name).dtype == getattr(b, name).dtype for name in ARRAYS)
    return (
        same
        and a.manifest == b.manifest
        and a.profiles == b.profiles
        and all(np.array_equal(a.time_s[one], b.time_s[one]) for one in a.profiles)
    )


def test_every_array_is_saved() -> None:
    """The table of arrays names every array of the class."""
    assert set(ARRAYS) == {field.name for field in fields(Network)} - {"manifest", "time_s", "hierarchies", "_cache"}


def test_round_trip(grid: Network, toy_network: Network, border: Network, tmp_path: Path) -> None:
    """What is loaded equals what was saved, array by array, and gives the same times; nothing else lies in the folder."""
    for name, net in (("grid", grid), ("toy", toy_network), ("border", border)):
        loaded = storage.load(storage.save(net, tmp_path / name))
        assert equal(net, loaded)
        np.testing.assert_array_equal(hours(net), hours(loaded))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["border", "grid", "toy"]


def test_saving_again_replaces(grid: Network, border: Network, tmp_path: Path) -> None:
    """The later network of a name is the one that is there, and the earlier one has gone."""
    storage.save(grid, tmp_path / "roads")
    storage.save(border, tmp_path / "roads")
    assert equal(storage.load(tmp_path / "roads"), border)
    assert [path.name for path in tmp_path.iterdir()] == ["roads"]


@pytest.mark.parametrize("moment", ["writing", "moving"])
def test_interrupted_save_leaves_the_old_one(
    grid: Network, border: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Stopped while writing or while moving into place, the earlier network is still there, whole, and nothing else is."""
    goal = tmp_path / "roads"
    storage.save(grid, goal)
    with monkeypatch.context() as patch:
        if moment == "writing":
            patch.setattr(np, "save", _fails_at_call(np.save, 5))
        else:
            patch.setattr(Path, "rename", _fails_at_call(Path.rename, 2))
        with pytest.raises(KeyboardInterrupt):
            storage.save(border, goal)
    assert equal(storage.load(goal), grid)
    assert [path.name for path in tmp_path.iterdir()] == ["roads"]


def _fails_at_call(function: Callable[..., object], number: int) -> Callable[..., object]:
    calls = []

    def call(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        if len(calls) == number:
            raise KeyboardInterrupt
        return function(*arguments, **options)

    return call


def test_no_network_there(tmp_path: Path) -> None:
    """An empty or missing folder is “not found”, not “damaged”."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFoundError, match="no road network"):
            storage.load(folder)


def _truncated(folder: Path) -> None:
    path = folder / "length_m.npy"
    path.write_bytes(path.read_bytes()[:-100])


def _text(folder: Path, text: str) -> None:
    (folder / storage.MANIFEST).write_text(text, encoding="utf-8")


def _manifest(folder: Path, **changes: object) -> None:
    raw = json.loads((folder / storage.MANIFEST).read_text(encoding="utf-8"))
    _text(folder, json.dumps({key: value for key, value in (raw | changes).items() if value != "gone"}))


def _array(folder: Path, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    np.save(folder / f"{name}.npy", change(np.load(folder / f"{name}.npy")))


DAMAGE: dict[str, Callable[[Path], None]] = {
    "missing array": lambda folder: (folder / "tail.npy").unlink(),
    "missing profile": lambda folder: (folder / "time_s.truck.npy").unlink(),
    "truncated array": _truncated,
    "empty array file": lambda folder: (folder / "gate.npy").write_bytes(b""),
    "array of objects": lambda folder: np.save(folder / "name.npy", np.array([{"a": 1}], object), allow_pickle=True),
    "other format": lambda folder: _manifest(folder, format=FORMAT + 1),
    "no format": lambda folder: _manifest(folder, format="gone"),
    "no profiles": lambda folder: _manifest(folder, profiles="gone"),
    "no list of files": lambda folder: _manifest(folder, files="gone"),
    "list of other files": lambda folder: _manifest(folder, files={"tail": [1, 2]}),
    "unknown word": lambda folder: _manifest(folder, colour="red"),
    "profile outside the folder": lambda folder: _manifest(folder, profiles=["../../car"]),
    "foreign json": lambda folder: _text(folder, '{"type": "FeatureCollection", "features": []}'),
    "json list": lambda folder: _text(folder, "[1, 2]"),
    "broken json": lambda folder: _text(folder, '{"format": 1,'),
    "not text": lambda folder: (folder / storage.MANIFEST).write_bytes(b"\xff\xfe\x00\x81"),
    "shorter array": lambda folder: _array(folder, "head", lambda a: a[:-1]),
    "one number": lambda folder: _array(folder, "head", lambda a: a.sum()),
    "node that is not there": lambda folder: _array(folder, "head", lambda a: a + 1),
    "negative node": lambda folder: _array(folder, "tail", lambda a: a - 1),
    "gate that is not there": lambda folder: _array(folder, "gate", lambda a: a + 5),
    "other kind of number": lambda folder: _array(folder, "tail", lambda a: a.astype(float)),
    "flat nodes": lambda folder: _array(folder, "node_lonlat", lambda a: a[:, 0]),
    "shapes out of order": lambda folder: _array(folder, "shape_start", lambda a: np.concatenate([a[:1], a[1:-1][::-1], a[-1:]])),
    "missing shape": lambda folder: _array(folder, "shape_lonlat", lambda a: a[:-1]),
    "negative time": lambda folder: _array(folder, "time_s.car", lambda a: -a),
    "unknown time": lambda folder: _array(folder, "time_s.car", lambda a: a * np.nan),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_network_is_refused(grid: Network, tmp_path: Path, damage: str) -> None:
    """Whatever is wrong with a saved network, it is said in one sentence and nothing is computed from it."""
    folder = storage.save(grid, tmp_path / "roads")
    DAMAGE[damage](folder)
    with pytest.raises(InputError, match="import it again"):
        storage.load(folder)


def test_prepared_network_is_saved_whole(grid: Network, tmp_path: Path) -> None:
    """What was prepared is there again after loading, array by array; without it a network loads as before."""
    back = storage.load(storage.save(grid.prepared(), tmp_path / "grid"))
    for profile in grid.profiles:
        for name in hierarchy.ARRAYS:
            assert np.array_equal(getattr(back.hierarchies[profile], name), getattr(grid.prepared().hierarchies[profile], name))
    assert storage.load(storage.save(grid, tmp_path / "plain")).hierarchies == {}


FAR = {"grid.xy": np.nan} | {f"hierarchy.car.{side}_middle": -1_000_000 for side in ("up", "down")}
"""What cannot be right at the end of an array, where it is not a negative number."""
PREPARED = [f"hierarchy.car.{name}" for name in hierarchy.ARRAYS] + [f"grid.{name}" for name in snapping.ARRAYS]


@pytest.mark.parametrize("name", PREPARED)
@pytest.mark.parametrize("damage", ["shorter", "far", "missing", "type"])
def test_damaged_preparation_is_refused(grid: Network, tmp_path: Path, name: str, damage: str) -> None:
    """Compiled code never sees an array that does not fit: each kind of damage is a sentence."""
    folder = storage.save(grid.prepared(), tmp_path / "grid")
    path = folder / f"{name}.npy"
    array = np.load(path)
    if damage == "missing":
        path.unlink()
    else:
        far = np.concatenate([array[:-1], np.full_like(array[-1:], FAR.get(name, -7))])
        changed = {"shorter": array[:-1], "far": far, "type": array.astype("f2")}
        np.save(path, changed[damage])
    with pytest.raises(InputError, match="damaged"):
        storage.load(folder)


def test_what_has_not_changed_is_believed(grid: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading every number of a large network would take longer than opening it, so it is done where a file has changed."""
    folder = storage.save(grid.prepared(), tmp_path / "grid")
    checked = []
    monkeypatch.setattr(hierarchy, "check_fit", lambda *_: checked.append(True))
    monkeypatch.setattr(storage, "MOMENT_S", 0.0)
    storage.load(folder)
    assert not checked
    path = folder / "grid.step.npy"
    path.write_bytes(path.read_bytes())
    storage.load(folder)
    assert len(checked) == len(grid.profiles)
    monkeypatch.setattr(storage, "MOMENT_S", 60.0)
    folder = storage.save(grid.prepared(), tmp_path / "again")
    storage.load(folder)
    assert len(checked) == 2 * len(grid.profiles), "what was written a moment ago is read"
