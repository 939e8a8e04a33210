"""Build millions of lasting objects without looking again and again for cycles among them."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.Lock()
_within = 0
_ran = True


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the collector of cycles from running, in whatever thread, until the last one leaves; as
    a decorator, while a function runs. Where it does not run at all it stays so.
    """
    global _within, _ran
    with _LOCK:
        if not _within:
            _ran = gc.isenabled()
            gc.disable()
        _within += 1
    try:
        yield
    finally:
        with _LOCK:
            _within -= 1
            if not _within and _ran:
                gc.enable()
