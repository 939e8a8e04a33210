"""Surfaces made on many machines: the jobs of :mod:`geo.roads.surfaces`, split by source facilities
over a dask.distributed cluster.

Each worker gets the hierarchy once and then a few columns at a time. Workers may come and go on the
way: what they had not delivered is computed again. The same compiled code runs there as here, so
the columns are the same to the bit."""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import __version__
from geo.errors import AtlasError, InputError, Message, UnavailableError
from geo.roads.contraction import ARRAYS, Hierarchy
from geo.roads.surfaces import Job, Runner

ADDRESS = re.compile(r"((tcp|tls)://)?(\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]]+):\d{1,5}")
CONNECT_S = 10.0
PATIENCE_S = 120.0
"""How long a cluster may stay without a worker, and a result may be on its way from one."""
POLL_S = 1.0
ATTEMPTS = 5
"""How often the hierarchy is sent at most: it is lost when every worker dies that holds it."""
AHEAD = 2
"""Jobs that are under way for each thread of the cluster, one running and one waiting; it bounds
the memory the results take.
"""


def runner(address: str) -> Runner:
    """Return what computes the jobs of :func:`geo.roads.surfaces.write` on a cluster.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.5:8786``. Whoever answers there is trusted: it may
        run code here. All data pass through the scheduler, so that no worker has to be within reach
        of this machine.

    Raises
    ------
    InputError
        That is not an address.
    UnavailableError
        The package ``distributed`` is missing; nobody answers; a worker runs another version of
        this program, or none. The runner raises it too, when the cluster goes away or is left
        without workers.
    """
    with _connected(address) as client:  # whatever is wrong shows before hours of work
        _check(client, address)

    def run(prepared: Hierarchy, jobs: list[Job]) -> Iterator[tuple[Job, NDArray[np.float32]]]:
        with _connected(address) as client:
            yield from _run(client, address, prepared, jobs)

    return run


def _run(
    client: Any, address: str, prepared: Hierarchy, jobs: list[Job]
) -> Iterator[tuple[Job, NDArray[np.float32]]]:
    from distributed import wait

    arrays = {name: getattr(prepared, name) for name in ARRAYS}
    todo, under_way = deque(jobs), dict[Any, Job]()
    sent, attempts = None, 0
    while todo or under_way:
        threads = _threads(client, address)
        if sent is None or sent.cancelled() or any(future.cancelled() for future in under_way):
            todo.extendleft(reversed(under_way.values()))
            under_way.clear()
            attempts += 1
            if attempts > ATTEMPTS:
                raise UnavailableError(
                    Message(
                        "The cluster at %(address)s lost its workers %(attempts)s"
                        " times; make it more"
                        " stable and try again.",
                        {"address": address, "attempts": ATTEMPTS},
                    )
                )
            _check(client, address)
            sent = _send(client, arrays)
            continue
        while todo and len(under_way) < AHEAD * threads:
            job = todo.popleft()
            under_way[client.submit(_columns, job, sent, _versions(), pure=False)] = job
        with suppress(TimeoutError, CancelledError), client.as_current():
            wait(list(under_way), timeout=POLL_S, return_when="FIRST_COMPLETED")
        for future in [one for one in under_way if one.done()]:
            columns = _fetch(future, address)
            if columns is not None:
                yield under_way.pop(future), columns


def _check(client: Any, address: str) -> None:
    """Refuse a cluster with a worker that could not do the jobs: one without this program would die
    over them in silence.
    """
    for answer in client.run(_agree, _versions(), on_error="return").values():
        if isinstance(answer, BaseException) and not isinstance(
            answer, OSError
        ):  # that one has gone meanwhile
            raise _refusal(answer, address)


def _send(client: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """Send the hierarchy to every worker; None where they died over it."""
    with suppress(OSError):
        return client.scatter([arrays], broadcast=True, hash=False)[
            0
        ]  # in a list, or each array is sent by itself
    return None


def _fetch(future: Any, address: str) -> NDArray[np.float32] | None:
    """Fetch the columns of a job that is done; None where its worker died before it delivered
    them.
    """
    with suppress(CancelledError):
        error = future.exception(timeout=PATIENCE_S) if future.status == "error" else None
        if error is not None:
            raise _refusal(error, address)
        try:
            return future.result(timeout=PATIENCE_S)
        except TimeoutError:
            if future.status == "finished":
                raise UnavailableError(
                    Message(
                        "A result did not arrive from the cluster at %(address)s within %(seconds)s"
                        " s.",
                        {"address": address, "seconds": f"{PATIENCE_S:.0f}"},
                    )
                ) from None
    return None


def _threads(client: Any, address: str) -> int:
    """Count the threads of all workers, waiting until there is one."""
    until = time.monotonic() + PATIENCE_S
    while not (threads := sum(client.nthreads().values())):
        if time.monotonic() > until:
            raise UnavailableError(
                Message(
                    "The cluster at %(address)s has had no worker for %(seconds)s s.",
                    {"address": address, "seconds": f"{PATIENCE_S:.0f}"},
                )
            )
        time.sleep(POLL_S / 4)
    return threads


# On a worker --------------------------------------------------------------------------------------


def _columns(job: Job, arrays: dict[str, NDArray[Any]], asked: str) -> NDArray[np.float32]:
    _agree(asked)  # also by workers that came later
    return job.run(Hierarchy(**arrays))


def _agree(asked: str) -> None:
    if _versions() != asked:
        raise UnavailableError(
            Message(
                "A worker of the cluster runs %(versions)s, but here runs %(asked)s; install"
                " the same version there.",
                {"versions": _versions(), "asked": asked},
            )
        )


def _versions() -> str:
    return f"Zone Atlas {__version__} with Numba {metadata.version('numba')}"


# What goes wrong ----------------------------------------------------------------------------------


def _refusal(error: BaseException, address: str) -> AtlasError:
    """Make a sentence of what a worker raised."""
    from distributed import KilledWorker

    if isinstance(error, AtlasError):
        return error
    if any(
        name in repr(error) for name in ("ModuleNotFoundError", "ImportError", "AttributeError")
    ):  # distributed may wrap them
        return UnavailableError(
            Message(
                "A worker of the cluster at %(address)s has no %(versions)s (%(error)s);"
                " install it there.",
                {"address": address, "versions": _versions(), "error": error},
            )
        )
    if isinstance(error, KilledWorker):
        return UnavailableError(
            Message(
                "Several workers of the cluster at %(address)s died over the same job; they"
                " may need more memory.",
                {"address": address},
            )
        )
    return UnavailableError(
        Message(
            "A worker of the cluster at %(address)s failed (%(name)s: %(error)s).",
            {"address": address, "name": type(error).__name__, "error": error},
        )
    )


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Return a client of a cluster for a while."""
    try:
        import distributed
    except ImportError:
        raise UnavailableError(
            Message("A cluster needs the package distributed: pip install 'zone-atlas[cluster]'.")
        ) from None
    if not ADDRESS.fullmatch(address):
        raise InputError(
            Message(
                "“%(address)s” is no address of a scheduler; one looks like tcp://10.0.0.5:8786.",
                {"address": address},
            )
        )
    if address.startswith("tls:") and not distributed.Security().get_connection_args("client").get(
        "ssl_context"
    ):
        raise InputError(
            Message(
                "%(address)s asks for certificates, and the configuration of Dask on this"
                " machine names none.",
                {"address": address},
            )
        )
    try:
        with (
            _silent(),
            distributed.Client(address, timeout=CONNECT_S, set_as_default=False) as client,
        ):
            yield client
    except OSError:
        raise UnavailableError(
            Message(
                "There is no cluster at %(address)s, or it cannot be reached any more.",
                {"address": address},
            )
        ) from None


@contextmanager
def _silent() -> Iterator[None]:
    """Keep distributed from logging, with stack traces, what is an error here, or no error at
    all.
    """
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
