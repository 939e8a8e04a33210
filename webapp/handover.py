"""What several processes share by files: results, computed by one of them and read by the others,
and the turns of a client who asks for much."""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

from webapp.turnstile import BusyError

if sys.platform != "win32":  # where a single process serves
    import fcntl

LOOK_S = 0.1
"""So often a process looks whether another one is done."""
LOCK = ".lock"
TURN_S = 0.01
"""So often one who waits for a turn looks for it."""

Tell = Callable[[float], None]


class Handover:
    """Results in a folder, by key.

    Parameters
    ----------
    folder
        Results are read by ``pickle``, so nobody else may write there. One that is gone or full
        costs time and no result.
    kept
        The most results that are kept.
    """

    def __init__(self, folder: Path, kept: int) -> None:
        self._folder, self._kept = folder, kept

    def get(self, key: object, make: Callable[[Tell], Any], tell: Tell) -> Any:
        """Return the result for a key: read it, or wait for the process that computes it, or
        compute it.

        Parameters
        ----------
        key
            Its ``repr`` names all that the result depends on.
        make
            Computes the result; called with what to call with the share that is done.
        tell
            Called with the share that is done, wherever it is done.
        """
        path = self._folder / blake2b(repr(key).encode(), digest_size=16).hexdigest()
        with contextlib.ExitStack() as stack:
            try:
                lock = stack.enter_context(path.with_suffix(LOCK).open("a+b", buffering=0))
                while not _locked(lock):
                    tell(_share(lock))
                    time.sleep(LOOK_S)
                return pickle.loads(path.read_bytes())
            except FileNotFoundError:  # nobody has computed it
                pass
            except (OSError, EOFError, pickle.UnpicklingError):
                return make(tell)

            def both(share: float) -> None:
                tell(share)
                with contextlib.suppress(OSError):
                    lock.truncate(0)
                    lock.write(f"{share:.3f}".encode())

            value = make(both)
            with contextlib.suppress(OSError):
                self._write(path, pickle.dumps(value))
            return value

    def _write(self, path: Path, data: bytes) -> None:
        """Write a result and remove the oldest ones."""
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(data)
        beside.replace(path)
        results = [each for each in self._folder.iterdir() if not each.suffix]
        results.sort(key=lambda each: each.stat().st_mtime_ns, reverse=True)
        for each in results[self._kept :]:
            each.unlink(missing_ok=True)
            each.with_suffix(LOCK).unlink(missing_ok=True)


class SharedTurns:
    """Keep one process free of each client: it computes in all others at most.

    A turn is a locked file, so that the turn of a process that dies is free again. Two clients
    whose addresses have the same digest take turns as one.

    Parameters
    ----------
    folder
        Where the files are. One that is gone or full costs the rule and no answer.
    processes
        How many share it, at least two.
    patience_s
        How long one waits.
    """

    def __init__(self, folder: Path, processes: int, patience_s: float) -> None:
        self._folder, self._processes, self._patience_s = folder, processes, patience_s

    @contextlib.contextmanager
    def turn(self, client: str) -> Iterator[None]:
        """Wait for a turn, and leave when the block ends.

        Raises
        ------
        BusyError
            The turn does not come in time.
        """
        name = f"turn-{blake2b(client.encode(), digest_size=1).hexdigest()}"
        with contextlib.ExitStack() as stack:
            try:
                locks = [
                    stack.enter_context((self._folder / f"{name}-{n}{LOCK}").open("ab"))
                    for n in range(1, self._processes)
                ]
            except OSError:
                locks = []
            until = time.monotonic() + self._patience_s
            while locks and not any(map(_locked, locks)):
                if time.monotonic() > until:
                    raise BusyError
                time.sleep(TURN_S)
            yield


def _locked(lock: IO[bytes]) -> bool:
    """Lock a file until it is closed; False while another process holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _share(lock: IO[bytes]) -> float:
    lock.seek(0)
    try:
        return float(lock.read(16))
    except ValueError:  # nothing yet
        return 0.0
