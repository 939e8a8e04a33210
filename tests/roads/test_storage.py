"""Networks on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from geo.errors import InputError, Message, NotFoundError
from geo.roads import contraction, snapping, storage
from geo.roads.network import ARRAYS, FORMAT, Network


def hours(net: Network) -> np.ndarray:
    return dijkstra(net.arcs("car").time_s)


def equal(a: Network, b: Network) -> bool:
    same = all(
        np.array_equal(getattr(a, name), getattr(b, name))
        and getattr(a, name).dtype == getattr(b, name).dtype
        for name in ARRAYS
    )
    return (
        same
        and a.manifest == b.manifest
        and a.profiles == b.profiles
        and all(np.array_equal(a.time_s[profile], b.time_s[profile]) for profile in a.profiles)
        and all(np.array_equal(a.banned(profile), b.banned(profile)) for profile in a.profiles)
    )


def test_every_array_is_saved() -> None:
    """The table of arrays names every array of the class but ``home``, which a network has only
    until its border is closed.
    """
    assert set(ARRAYS) == {field.name for field in fields(Network)} - {
        "manifest",
        "time_s",
        "home",
        "hierarchies",
        "bans",
        "_kept",
        "_kept_of_gates",
    }


def test_round_trip(grid: Network, toy_network: Network, border: Network, tmp_path: Path) -> None:
    """What is loaded equals what was saved, array by array, and gives the same times; nothing else
    lies in the folder.
    """
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
    """Stopped while writing or while moving into place, the earlier network is still there, whole,
    and nothing else is.
    """
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
    _text(
        folder,
        json.dumps({key: value for key, value in (raw | changes).items() if value != "gone"}),
    )


def _array(folder: Path, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    np.save(folder / f"{name}.npy", change(np.load(folder / f"{name}.npy")))


DAMAGE: dict[str, Callable[[Path], None]] = {
    "missing array": lambda folder: (folder / "tail.npy").unlink(),
    "missing profile": lambda folder: (folder / "time_s.truck.npy").unlink(),
    "truncated array": _truncated,
    "empty array file": lambda folder: (folder / "gate.npy").write_bytes(b""),
    "array of objects": lambda folder: np.save(
        folder / "name.npy", np.array([{"a": 1}], object), allow_pickle=True
    ),
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
    "shapes out of order": lambda folder: _array(
        folder, "shape_start", lambda a: np.concatenate([a[:1], a[1:-1][::-1], a[-1:]])
    ),
    "missing shape": lambda folder: _array(folder, "shape_lonlat", lambda a: a[:-1]),
    "negative time": lambda folder: _array(folder, "time_s.car", lambda a: -a),
    "unknown time": lambda folder: _array(folder, "time_s.car", lambda a: a * np.nan),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_network_is_refused(grid: Network, tmp_path: Path, damage: str) -> None:
    """Whatever is wrong with a saved network, it is said in one sentence and nothing is computed
    from it.
    """
    folder = storage.save(grid, tmp_path / "roads")
    DAMAGE[damage](folder)
    with pytest.raises(InputError, match="import it again"):
        storage.load(folder)


def test_prepared_network_is_saved_whole(grid: Network, tmp_path: Path) -> None:
    """What was prepared is there again after loading, array by array; without it a network loads as
    before.
    """
    back = storage.load(storage.save(grid.prepared(), tmp_path / "grid"))
    for profile in grid.profiles:
        for name in contraction.ARRAYS:
            assert np.array_equal(
                getattr(back.hierarchies[profile], name),
                getattr(grid.prepared().hierarchies[profile], name),
            )
    assert storage.load(storage.save(grid, tmp_path / "plain")).hierarchies == {}


FAR = {"grid.xy": np.nan} | {f"hierarchy.car.{side}_middle": -1_000_000 for side in ("up", "down")}
"""What cannot be right at the end of an array, where it is not a negative number."""
PREPARED = [f"hierarchy.car.{name}" for name in contraction.ARRAYS] + [
    f"grid.{name}" for name in snapping.ARRAYS
]


@pytest.mark.parametrize("name", PREPARED)
@pytest.mark.parametrize("damage", ["shorter", "far", "missing", "type"])
def test_damaged_preparation_is_refused(
    grid: Network, tmp_path: Path, name: str, damage: str
) -> None:
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


FLIPS = """
import json, os, sys
from pathlib import Path
import geopandas as gpd
from geo.errors import InputError
from geo.roads import access, storage, surfaces

folder, answers = Path(sys.argv[1]), {}
index, where = ["a", "b"], gpd.points_from_xy([107.011, 107.101], [21.013, 21.083])
places = gpd.GeoDataFrame({"country": ["AA", "AA"]}, index=index, geometry=where, crs=4326)

def answer():
    net = storage.load(folder)
    surfaces.load(net, places, folder)
    return access.time_matrix(net, places, places, profile="car").to_numpy().tolist()

storage.save(storage.load(folder).prepared(), folder)
surfaces.write(storage.load(folder), places, folder)
right = answer()
for path in sorted(folder.iterdir()):
    whole, status = path.read_bytes(), path.stat()
    begin = 128 if path.suffix == ".npy" else 0
    for at in sorted({9, 70, begin, (begin + len(whole)) // 2, len(whole) - 1}):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1:])
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        try:
            answers[f"{path.name} {at}"] = answer()
        except InputError as error:
            answers[f"{path.name} {at}"] = str(error)
    path.write_bytes(whole)
print(json.dumps({"right": right, "again": answer(), "answers": answers}))
"""


def test_a_flipped_bit_is_refused_in_every_file_though_size_and_time_stay(
    grid: Network, tmp_path: Path
) -> None:
    """A process that opens a network with one flipped bit neither crashes nor answers: it names the
    file, whichever it is.
    """
    folder = storage.save(grid, tmp_path / "grid")
    done = subprocess.run(
        [sys.executable, "-c", FLIPS, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["again"] == seen["right"]
    files = {path.name for path in folder.iterdir()}
    assert {name.split()[0] for name in seen["answers"]} == files
    assert {
        f"{name}.npy" for name in (*ARRAYS, "hierarchy.car.node", "grid.step", "surface.truck.from")
    } <= files
    for name, answer in seen["answers"].items():
        assert isinstance(answer, str), f"{name} is answered"
        assert "again" in answer, answer
        assert name.split()[0] in answer or not name.split()[0].endswith(".npy"), answer


def test_a_network_of_an_older_version_is_to_be_imported_again(
    grid: Network, tmp_path: Path
) -> None:
    """A network without checksums is not believed: the sentence says what to do."""
    folder = storage.save(grid, tmp_path / "grid")
    _manifest(folder, format=FORMAT - 1, checksum="gone", files={name: [1, 2] for name in ARRAYS})
    with pytest.raises(
        InputError, match=f"has format {FORMAT - 1}, this version reads {FORMAT}; import it again"
    ):
        storage.load(folder)


# Left-over folders


LEAVES = """
import os, signal, sys, time
from pathlib import Path
from geo.roads import storage
with storage.beside(Path(sys.argv[1])) as made:
    (made / "tail.npy").write_bytes(b"half")
    print(made.name, flush=True)
    time.sleep(60)
"""


def _age(folder: Path, seconds: float) -> None:
    """Make a folder and what is in it look old."""
    for path in (*folder.iterdir(), folder):
        os.utime(path, (time.time() - seconds,) * 2)


def test_what_a_killed_import_leaves_is_swept_and_what_a_running_one_writes_stays(
    tmp_path: Path,
) -> None:
    """A left-over folder goes after an hour; that of a process which lives stays, however old;
    other folders are not touched.
    """
    (tmp_path / "roads").mkdir()
    (tmp_path / ".git").mkdir()
    _age(tmp_path / ".git", 1e6)
    with subprocess.Popen(
        [sys.executable, "-c", LEAVES, str(tmp_path / "roads")], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        folder = tmp_path / running.stdout.readline().strip()
        _age(folder, 1e6)
        storage.sweep(tmp_path)
        assert folder.is_dir(), "it is still being written"
        running.kill()
    _age(folder, storage.LEFT_OVER_S - 60)
    storage.sweep(tmp_path)
    assert folder.is_dir(), "it is too young"
    assert storage.names(tmp_path) == ["roads"], "what is left over is not a network"
    _age(folder, storage.LEFT_OVER_S + 60)
    storage.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "roads"]


def test_killed_between_two_moves_the_old_network_comes_back(grid: Network, tmp_path: Path) -> None:
    """A kill after the old network was put aside and before the new one is in its place loses
    neither of them for good.
    """
    storage.save(grid, tmp_path / ".roads.abcd1234.old")
    (tmp_path / ".roads.abcd1234").mkdir()
    storage.sweep(tmp_path)
    assert equal(storage.load(tmp_path / "roads"), grid)
    _age(tmp_path / ".roads.abcd1234", 1e6)
    storage.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["roads"]
    storage.save(grid, tmp_path / ".gone.abcd1234.old")
    storage.sweep(tmp_path)
    assert not (tmp_path / "gone").exists(), (
        "a network that has been removed since does not come back"
    )


def test_a_note_is_kept_with_its_parts(grid: Network, tmp_path: Path) -> None:
    """What was noted of a network can still be translated once it is saved and opened again."""
    inner = Message("%(gates)s gates have a road", {"gates": "2"})
    note = Message("%(opened)s; %(closed)s.", {"opened": inner, "closed": Message("it is shut")})
    noted = replace(grid, manifest=replace(grid.manifest, notes=("plain", note)))
    plain, read = storage.load(storage.save(noted, tmp_path / "grid")).manifest.notes
    assert plain == "plain"
    assert (read, type(read)) == ("2 gates have a road; it is shut.", Message)
    assert (
        read.translated(lambda text: text.replace("road", "way"))
        == "2 gates have a way; it is shut."
    )
