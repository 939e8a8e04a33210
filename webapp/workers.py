"""Several processes behind one address: how they are started, replaced when they die, and ended
together. For systems that can fork; Windows cannot.

The process that is started leads: it serves nothing, opens nothing of the data and starts no
thread, so that it can fork a worker at any time. The first worker prepares what is kept in files,
and answers meanwhile; the others follow when that is done, open the same files, and begin to answer
when they are warm, as does a worker that takes the place of another."""

from __future__ import annotations

import logging
import mmap
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path

STOP_S = 8.0
"""How long workers may finish what they are answering, before they are killed."""
MOST_ENDS = 5
"""So many workers may end within ``ENDS_WITHIN_S`` before the next one has to wait."""
ENDS_WITHIN_S = 60.0

NOT_SERVING = 2**32 - 1
"""Stands for the connections of a worker that takes none."""

_log = logging.getLogger("zoneatlas.workers")


class Worker:
    """A process that serves, as it sees itself.

    Attributes
    ----------
    first
        Whether it prepares what others will open: it answers from its start, for want of others.
    folder
        Folder that all workers share and that nobody else may open; it is removed at the end.
    """

    def __init__(
        self, number: int, held: memoryview, *, first: bool, folder: Path, parent: int
    ) -> None:
        self.number, self.count = number, len(held)
        self.first, self.folder = first, folder
        self._held, self._parent = held, parent

    def holds_more(self, connections: int) -> bool:
        """Show the others how many connections this worker holds; True where another one that
        serves holds fewer.
        """
        self._held[self.number - 1] = connections
        return min(self._held) < connections

    def serves(self) -> None:
        """Write to the log that it answers."""
        _log.warning("Worker %s of %s serves, process %s.", self.number, self.count, os.getpid())

    def prepared(self) -> None:
        """Signal to the leading process that others may open what this worker has prepared."""
        if os.getppid() == self._parent:
            os.kill(self._parent, signal.SIGUSR1)

    def leave(self) -> None:
        """End the process at once: nobody waits any more for what its threads compute."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(0)


def divide(count: int) -> Worker:
    """Return in each of `count` workers; the process that calls leads them and ends when it is
    interrupted or terminated, after all of them.

    Raises
    ------
    SystemExit
        In the leading process. Its status is 0 where it was asked to end; that of the first worker
        where this one refused to serve; 1 where one worker after another has died.
    """
    leader = _Leader(count)
    try:
        worker = leader.run()
    except BaseException:
        leader.end()
        raise
    if worker is not None:
        return worker
    leader.end()
    raise SystemExit(leader.status)


class _Leader:
    """The process that starts, replaces and ends the workers."""

    STOP = frozenset({signal.SIGINT, signal.SIGTERM})

    def __init__(self, count: int) -> None:
        self.status = 0
        self._heard = self.STOP | {signal.SIGCHLD, signal.SIGUSR1, signal.SIGALRM}
        self._count = count
        self._held = memoryview(mmap.mmap(-1, 4 * count)).cast("I")
        """The connections of each worker, in memory that all of them share."""
        self._pid = os.getpid()
        self._numbers: dict[int, int] = {}
        """The number of each worker that lives, by process."""
        self._prepared = False
        self._ends: deque[float] = deque(maxlen=MOST_ENDS)
        self._late = False
        self._folder = Path(tempfile.mkdtemp(prefix="zone-atlas-"))
        self._life, self._hold = os.pipe()
        """Workers read from the first; nothing comes until the leading process has died."""
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, self._heard)
        for number in (signal.SIGCHLD, signal.SIGALRM):
            signal.signal(number, _nothing)  # what is ignored would not be heard

    def run(self) -> Worker | None:
        """Return in each worker; None in the leading process once it is time to end."""
        while True:
            while (number := self._missing()) is not None:
                if worker := self._fork(number):
                    return worker
            if not self._numbers and self._late:
                _log.error("No worker is left: %s have ended within a minute.", MOST_ENDS)
                self.status = 1
                return None
            heard = signal.sigwait(self._heard)
            if heard in self.STOP:
                return None
            self._prepared = self._prepared or heard == signal.SIGUSR1
            for number, code in self._reaped():
                if code > 0 and not self._prepared:  # it has said why
                    self.status = code
                    return None
                self._ends.append(time.monotonic())
                how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
                _log.error("Worker %s of %s %s; another takes its place.", number, self._count, how)

    def _missing(self) -> int | None:
        """Return the number of a worker that is to be started now. Only the first is, until it has
        prepared what the others open; none is for a while, where many have ended.
        """
        numbers = range(1, self._count + 1 if self._prepared else 2)
        number = next((each for each in numbers if each not in self._numbers.values()), None)
        if number is None:
            return None
        wait_s = self._ends[0] + ENDS_WITHIN_S - time.monotonic() if self._ends else 0.0
        if len(self._ends) < MOST_ENDS or wait_s <= 0:
            self._late = False
            return number
        if not self._late:
            _log.error(
                "%s workers have ended within a minute; the next one starts in %.0f s.",
                MOST_ENDS,
                wait_s,
            )
        self._late = True
        signal.setitimer(signal.ITIMER_REAL, wait_s)
        return None

    def _fork(self, number: int) -> Worker | None:
        """Start a worker; returns it in the new process, None in the leading one."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self._held[number - 1] = NOT_SERVING
        pid = os.fork()
        if pid:
            self._numbers[pid] = number
            return None
        os.close(self._hold)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the leading process as well
        signal.signal(signal.SIGTERM, _leave)
        for each in (signal.SIGCHLD, signal.SIGALRM):
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
        threading.Thread(target=_end_with, args=(self._life,), daemon=True).start()
        return Worker(
            number, self._held, first=not self._prepared, folder=self._folder, parent=self._pid
        )

    def _reaped(self) -> list[tuple[int, int]]:
        """Return number and exit code of each worker that has ended since; the code is negative
        where a signal ended it.
        """
        ended = []
        for pid in list(self._numbers):
            ended_pid, status = os.waitpid(pid, os.WNOHANG)
            if ended_pid:
                number = self._numbers.pop(pid)
                self._held[number - 1] = NOT_SERVING
                ended.append((number, os.waitstatus_to_exitcode(status)))
        return ended

    def end(self) -> None:
        """End all workers: let them finish what they answer, but not for long; a second Ctrl+C does
        not let them.
        """
        if os.getpid() != self._pid:  # a worker that was ended as it began
            return
        self._signal(signal.SIGTERM)
        until = time.monotonic() + STOP_S
        while self._numbers and time.monotonic() < until and not signal.sigpending() & self.STOP:
            time.sleep(0.02)
            self._reaped()
        self._signal(signal.SIGKILL)
        for pid in self._numbers:
            os.waitpid(pid, 0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        for pid in self._numbers:  # none of them is reaped, so no number belongs to another process
            os.kill(pid, number)


def _nothing(_number: int, _frame: object) -> None:
    """Take no notice of a signal."""


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _end_with(life: int) -> None:
    """End this process when the one that leads has ended, even if it was killed."""
    os.read(life, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_S)
    os._exit(1)
