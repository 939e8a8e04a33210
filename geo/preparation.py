"""What takes a while before it can be asked for: one thread prepares it, the others read how far it
is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from geo.errors import Message, PreparingError


class Preparation:
    """A preparation in some steps, by one thread at a time.

    Parameters
    ----------
    say
        Return the sentence for others, from the percentage that is done.
    steps
        How many steps it has.
    """

    def __init__(self, say: Callable[[int], Message], steps: int) -> None:
        self._say, self._steps = say, steps
        self._thread: int | None = None
        self._begun = 0

    @contextmanager
    def by_this_thread(self) -> Iterator[Callable[[str], None]]:
        """Let all others know meanwhile; yields a function to call whenever a step begins."""
        self._begun, self._thread = 0, threading.get_ident()
        try:
            yield self._begin
        finally:
            self._thread = None

    def _begin(self, _step: str = "") -> None:
        self._begun += 1

    def check(self) -> None:
        """Do nothing unless another thread is preparing this.

        Raises
        ------
        PreparingError
            It is; ask again in some seconds.
        """
        if self._thread not in (None, threading.get_ident()):
            raise PreparingError(self._say(min(100 * self._begun // (self._steps + 1), 99)))
