"""Networks on disk: a folder of arrays, which are mapped into memory, and a manifest with the
checksum of each.

Compiled code does not look where it reads, so nothing that is damaged may reach it: every file is
summed each time a network is opened, which takes 0.05 s for 100 MB. CRC-32 finds every flipped
byte; it does not protect against somebody who forges files."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError, Message, NotFoundError
from geo.roads import contraction, snapping
from geo.roads.contraction import Hierarchy
from geo.roads.network import ARRAYS, FORMAT, Manifest, Network
from geo.roads.snapping import Index

if (
    sys.platform != "win32"
):  # where only the age of a folder tells whether an import still writes it
    import fcntl

MANIFEST = "network.json"
DAMAGED = Message("The road network in %(folder)s is damaged (%(error)s); import it again.")
CHECKSUM = "checksum"
NAME = re.compile(r"[a-z0-9-]+")
"""What a network may be called."""
LEFT_OVER = re.compile(r"\.([a-z0-9-]+)\.[a-z0-9_]{8}(\.old)?")
"""Folder in which an import writes, or that it puts aside; see :func:`beside`."""
LEFT_OVER_S = 3600.0
"""A left-over folder is removed once nothing in it has changed for so long."""
FLAGS = {"main": "node_lonlat", "usable": "tail"}
"""What a network keeps of each vehicle once it is prepared, one truth for each row of another
array.
"""


def save(network: Network, folder: str | os.PathLike[str]) -> Path:
    """Write a network as a folder of arrays and a manifest: beside the goal first, then moved into
    place.

    An existing network of that name is replaced only once the new one is whole.
    """
    goal = Path(folder)
    with beside(goal) as new:
        write(network, new)
    return goal


def write(network: Network, folder: Path) -> None:
    """Write the files of a network into a folder that nobody reads yet."""
    arrays = {name: getattr(network, name) for name in ARRAYS} | {
        f"time_s.{profile}": time for profile, time in network.time_s.items()
    }
    arrays |= {f"bans.{profile}": bans for profile, bans in network.bans.items() if len(bans)}
    if network.hierarchies:
        arrays |= {f"main.{profile}": network.main(profile) for profile in network.profiles}
        arrays |= {f"usable.{profile}": network.usable(profile) for profile in network.profiles}
        arrays |= {f"grid.{name}": getattr(network.index, name) for name in snapping.ARRAYS}
    for profile, prepared in network.hierarchies.items():
        arrays |= {
            f"hierarchy.{profile}.{name}": getattr(prepared, name) for name in contraction.ARRAYS
        }
    for name, array in arrays.items():
        with (folder / f"{name}.npy").open("wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
    listed = {
        "profiles": list(network.profiles),
        "prepared": list(network.hierarchies),
        "files": checksums(folder, arrays),
    }
    notes = [note.plain() if isinstance(note, Message) else note for note in network.manifest.notes]
    write_manifest(folder / MANIFEST, asdict(network.manifest) | {"notes": notes} | listed)


def load(folder: str | os.PathLike[str]) -> Network:
    """Open a saved network once all its files have proved to be as they were written; its arrays
    are mapped into memory.

    Raises
    ------
    NotFoundError
        There is no network in that folder.
    InputError
        It was written by another version, or it is damaged.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise NotFoundError(Message("There is no road network in %(folder)s.", {"folder": folder}))
    with refused(DAMAGED, folder):
        raw = read_manifest(folder / MANIFEST)
        if raw.get("format") != FORMAT:
            raise InputError(
                Message(
                    "The road network in %(folder)s has format %(stated)s, this version reads"
                    " %(format)s; import it again.",
                    {"folder": folder, "stated": raw.get("format"), "format": FORMAT},
                )
            )
        check_manifest(raw)
        profiles, prepared, sums = raw.pop("profiles"), raw.pop("prepared"), raw.pop("files")
        check_files(folder, sums)
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
        }
        fields["notes"] = tuple(
            Message.of_plain(note) if isinstance(note, dict) else note
            for note in fields.get("notes", ())
        )
        manifest = Manifest(**fields)
        files = {name: mapped(folder, name) for name in sums}
        network = Network(
            manifest=manifest,
            time_s={profile: files[f"time_s.{profile}"] for profile in profiles},
            bans={key: files[name] for key in profiles if (name := f"bans.{key}") in files},
            hierarchies={
                profile: Hierarchy(**_part(files, f"hierarchy.{profile}", contraction.ARRAYS))
                for profile in prepared
            },
            **{name: files[name] for name in ARRAYS},
        )
        network.keep("roads", blake2b((folder / MANIFEST).read_bytes(), digest_size=16).hexdigest())
        if prepared:
            for profile in profiles:
                for name in FLAGS:
                    network.keep((name, profile), files[f"{name}.{profile}"])
            network.keep("index", Index(**_part(files, "grid", snapping.ARRAYS)))
        return network


@contextmanager
def refused(text: Message, folder: Path) -> Iterator[None]:
    """Raise InputError with a text if reading a folder fails, because a file is damaged."""
    try:
        yield
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(Message(text, {"folder": folder, "error": error})) from None


def _part(
    files: dict[str, NDArray[Any]], prefix: str, names: Iterable[str]
) -> dict[str, NDArray[Any]]:
    return {name: files[f"{prefix}.{name}"] for name in names}


def mapped(folder: Path, name: str) -> NDArray[Any]:
    """Map the array of a file into memory."""
    return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(
        np.ndarray
    )  # a plain array is quicker to index


# Checksums ----------------------------------------------------------------------------------------


def checksums(folder: Path, names: Iterable[str]) -> dict[str, int]:
    """Compute the CRC-32 of the file of each array; raise OSError where one is missing."""

    def checksum(name: str) -> int:
        with (folder / f"{name}.npy").open("rb") as file:
            total = 0
            while block := file.read(1 << 24):
                total = zlib.crc32(block, total)
        return total

    names = list(names)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(checksum, names), strict=True))


def check_files(folder: Path, sums: dict[str, int]) -> None:
    """Raise ValueError unless the file of each array is as it was written."""
    if any(Path(name).name != name for name in sums):
        raise ValueError("its list of files does not fit")
    now = checksums(folder, sums)
    changed = [f"{name}.npy" for name in sums if now[name] != sums[name]]
    if changed:
        raise ValueError(f"changed since it was written: {', '.join(changed)}")


def write_manifest(path: Path, content: dict[str, Any]) -> None:
    """Write a manifest with its own checksum."""
    path.write_text(
        json.dumps(content | {CHECKSUM: _sum_of(content)}, ensure_ascii=False, indent=1),
        encoding="utf-8",
    )


def read_manifest(path: Path) -> dict[str, Any]:
    """Read a manifest, of which :func:`check_manifest` says whether it is whole."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(raw, dict):
        raise ValueError(f"{path.name} is not a manifest")
    return raw


def check_manifest(raw: dict[str, Any]) -> None:
    """Take the checksum out of a manifest; raise ValueError unless it is that of all the rest."""
    if raw.pop(CHECKSUM, None) != _sum_of(raw):
        raise ValueError("its manifest has changed since it was written")


def _sum_of(content: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


# Folders ------------------------------------------------------------------------------------------


def names(folder: Path) -> list[str]:
    """List the networks that are kept in a folder; what an import writes or has left over is not
    one of them.
    """
    return sorted(path.name for path in folder.glob("*/") if NAME.fullmatch(path.name))


@contextmanager
def beside(goal: Path) -> Iterator[Path]:
    """Make a new folder beside the goal, and put it in the goal's place once everything in it is
    written.
    """
    goal.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{goal.name}.", dir=goal.parent))
    with _locked(new):
        try:
            yield new
            new.chmod(0o755)
            aside = new.with_name(f"{new.name}.old")
            if goal.exists():
                goal.rename(aside)
            try:
                new.rename(goal)
            except BaseException:
                if aside.exists():
                    aside.rename(goal)
                raise
            shutil.rmtree(aside, ignore_errors=True)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder as long as this process writes it; yield whether no other process does."""
    if sys.platform == "win32":
        yield True
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        free = True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            free = not isinstance(error, BlockingIOError)  # some network file systems have no locks
        yield free
    finally:
        os.close(handle)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait while another process builds in a folder, and let others wait until the block ends; not
    where the folder cannot be written, or the system has no locks.
    """
    handle = None
    if sys.platform != "win32":
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what a killed import left over in a folder of networks; what a running one writes
    stays.

    Killed between putting the old network aside and moving the new one into its place, it left
    neither: the old one comes back."""
    for path in list(folder.glob(".*/")):
        match = LEFT_OVER.fullmatch(path.name)
        with suppress(OSError):  # another process sweeps, too, or the folder cannot be written
            if not match:
                continue
            goal, unfinished = folder / match[1], path.with_name(path.name.removesuffix(".old"))
            with _locked(unfinished if unfinished.exists() else path) as free:
                if free and match[2] and unfinished.exists() and not goal.exists():
                    path.rename(goal)
                elif free and _age_s(path) > LEFT_OVER_S:
                    shutil.rmtree(path, ignore_errors=True)


def _age_s(folder: Path) -> float:
    """Compute how long ago a folder or a file in it changed last."""
    return time.time() - max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
