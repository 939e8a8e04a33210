"""Surfaces from a cluster of real processes, of which some are killed on the way."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner
from countries import places, two_countries

from geo.errors import InputError, UnavailableError
from geo.roads import cluster, storage, surfaces
from geo.roads.contraction import Hierarchy
from geo.roads.network import Network
from webapp.cli.main import main

NODE = """
import asyncio, sys, threading
from distributed import Scheduler, Worker
kind, address, without = sys.argv[1:]
sys.path.append("..")  # for what the tests share
if without:
    sys.modules[without] = None  # as where it is not installed
quiet = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
async def node():
    made = Scheduler(port=0, **quiet) if kind == "scheduler" else Worker(address, nthreads=1, memory_limit=0, **quiet)
    async with made as one:
        print(one.address, flush=True)
        await one.finished()
# should the tests themselves be killed
threading.Timer(120, lambda: __import__("os")._exit(1)).start()
asyncio.run(node())
"""  # noqa: E501


class Nodes:
    """A scheduler and workers, each a process of its own on this machine; listening to nobody
    else.
    """

    def __init__(self) -> None:
        self.address = ""
        self.alive: list[subprocess.Popen[str]] = []
        self.scheduler = self.start("scheduler")
        self.address = self.said(self.scheduler)

    def start(self, kind: str = "worker", without: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", NODE, kind, self.address, without]
        here = Path(__file__).parent  # where a worker finds the jobs of this file
        worker = subprocess.Popen(
            command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.alive.append(worker)
        return worker

    def said(self, worker: subprocess.Popen[str]) -> str:
        assert worker.stdout
        return worker.stdout.readline().strip()

    def workers(self, count: int) -> list[subprocess.Popen[str]]:
        """Start workers until there are so many."""
        started = [self.start() for _ in range(count + 1 - len(self.alive))]
        assert all(map(self.said, started))
        return [worker for worker in self.alive if worker is not self.scheduler]

    def kill(self, *which: subprocess.Popen[str]) -> None:
        for worker in which:
            worker.kill()  # SIGKILL: it has no time to say good-bye
        for worker in which:
            worker.communicate(timeout=10)
            self.alive.remove(worker)


SLOW_S = 0.1


class Slow(surfaces.Job):
    """A job that is under way for a while."""

    def run(self, prepared: Hierarchy) -> np.ndarray:
        time.sleep(SLOW_S)
        return super().run(prepared)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    started = Nodes()
    yield started
    started.kill(*started.alive)


@pytest.fixture(scope="module")
def net(roads: Callable[..., Network]) -> Network:
    return two_countries(roads, 5).prepared()


@pytest.fixture(scope="module")
def there(points: Callable[..., gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    return places(points, 5, 90)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 2.0)
    monkeypatch.setattr(cluster, "POLL_S", 0.2)


@pytest.fixture(scope="module")
def jobs(net: Network, there: gpd.GeoDataFrame) -> list[surfaces.Job]:
    return [
        Slow(job.first, job.nodes, job.start_s, job.to)
        for job in surfaces._plan(net, there, "car")[2]
    ]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def assert_same(
    results: list[tuple[surfaces.Job, np.ndarray]], net: Network, jobs: list[surfaces.Job]
) -> None:
    """Each job has come back once, with the columns that this machine computes, to the bit."""
    here = {
        (job.to, job.first): columns
        for job, columns in surfaces.on_this_machine(net.hierarchies["car"], jobs)
    }
    assert sorted((job.to, job.first) for job, _ in results) == sorted(here)
    for job, columns in results:
        assert columns.dtype == np.float32
        assert np.array_equal(columns, here[job.to, job.first])


def test_command(
    nodes: Nodes, net: Network, tmp_path: Path, toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command with a scheduler writes the same files, and tells what is wrong with one in
    one line.
    """
    monkeypatch.setenv("ZONEATLAS_HOME", str(tmp_path))
    nodes.workers(2)
    folder = storage.save(net, tmp_path / "networks" / "two")
    prepare = ["--data", str(toy), "roads", "prepare", "two"]
    assert CliRunner().invoke(main, prepare).exit_code == 0
    local = files(folder)
    result = CliRunner().invoke(main, [*prepare, "--scheduler", nodes.address])
    assert result.exit_code == 0, result.output
    assert "places are joined" in result.stdout
    assert files(folder) == local
    assert "surface.truck.from.npy" in local

    refusals = [
        ("127.0.0.1:9", "There is no cluster at 127.0.0.1:9"),
        ("nonsense", "is no address of a scheduler"),
    ]
    monkeypatch.setattr(cluster, "__version__", "99")
    refusals += [(nodes.address, "here runs Zone Atlas 99")]
    for address, sentence in refusals:
        result = CliRunner().invoke(main, [*prepare, "--scheduler", address])
        assert result.exit_code == 1
        assert sentence in result.stderr
        assert len(result.stderr.splitlines()) == 1
    assert files(folder) == local


def test_a_job_that_fails(nodes: Nodes, net: Network) -> None:
    """What goes wrong in a job is told as it would be here."""
    nodes.workers(1)
    run = cluster.runner(nodes.address)
    with pytest.raises(InputError, match="numbered from 0"):
        list(
            run(
                net.hierarchies["car"],
                [surfaces.Job(0, np.array([[10**6]]), np.zeros((1, 1)), True)],
            )
        )
    with pytest.raises(UnavailableError, match=r"failed \(TypeError"):
        list(run(net.hierarchies["car"], [surfaces.Job(0, None, None, True)]))


def test_few_results_are_under_way(nodes: Nodes, net: Network, jobs: list[surfaces.Job]) -> None:
    """However many jobs there are, no more are computed ahead of the one that is taken than the
    bound says.
    """
    from distributed import Client

    threads = len(nodes.workers(2))
    taken = cluster.runner(nodes.address)(net.hierarchies["car"], jobs)
    next(taken)
    time.sleep(2 * SLOW_S * cluster.AHEAD)
    with Client(nodes.address, timeout=2, set_as_default=False) as client:
        held = [
            key for keys in client.has_what().values() for key in keys if key.startswith("_columns")
        ]
    assert 1 <= len(held) <= cluster.AHEAD * threads < len(jobs) - 1
    taken.close()


def test_one_of_two_is_killed(nodes: Nodes, net: Network, jobs: list[surfaces.Job]) -> None:
    """What a worker had not delivered when it was killed is computed by the other, and the columns
    are the same to the bit.
    """
    worker, _ = nodes.workers(2)
    results = []
    for done in cluster.runner(nodes.address)(net.hierarchies["car"], jobs):
        results.append(done)
        if len(results) == 2:
            nodes.kill(worker)
    assert len(jobs) > 2 + 2 * cluster.AHEAD * 2  # more than had been handed out when it died
    assert_same(results, net, jobs)


def test_the_last_is_killed(
    nodes: Nodes, net: Network, jobs: list[surfaces.Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody is left who has the hierarchy, it is sent again to the next worker that
    comes.
    """
    nodes.kill(*nodes.workers(1)[1:])
    (last,) = nodes.workers(1)
    sent, send = [], cluster._send
    monkeypatch.setattr(
        cluster, "_send", lambda *arguments: sent.append(arguments) or send(*arguments)
    )
    results = []
    for done in cluster.runner(nodes.address)(net.hierarchies["car"], jobs):
        results.append(done)
        if len(results) == 2:
            nodes.kill(last)
            nodes.start()
    assert len(sent) == 2
    assert_same(results, net, jobs)


def test_nobody_is_left(
    nodes: Nodes, net: Network, jobs: list[surfaces.Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that stays without workers, has a broken one, or is gone itself, is reported in
    one sentence each.
    """
    monkeypatch.setattr(cluster, "PATIENCE_S", 1.0)
    workers = nodes.workers(1)
    run = cluster.runner(nodes.address)
    left = run(net.hierarchies["car"], jobs)
    next(left)
    nodes.kill(*workers)
    with pytest.raises(UnavailableError, match="has had no worker for 1 s"):
        list(left)
    nodes.said(nodes.start(without="geo"))
    for attempt in (
        lambda: cluster.runner(nodes.address),
        lambda: list(run(net.hierarchies["car"], jobs)),
    ):
        with pytest.raises(
            UnavailableError, match=r"has no Zone Atlas .* with Numba .*; install it there"
        ):
            attempt()
    left = run(net.hierarchies["car"], jobs)
    nodes.kill(nodes.scheduler)
    with pytest.raises(UnavailableError, match="or it cannot be reached any more"):
        list(left)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "here",
        "tcp://here",
        "http://here:80",
        "x://here:1",
        "here:1/status",
        "a b:1",
        "u@here:1",
    ],
)
def test_addresses(address: str) -> None:
    """What is not an address is refused before anything is connected."""
    with pytest.raises(InputError, match="is no address of a scheduler"):
        cluster.runner(address)


def test_certificates() -> None:
    """An address that asks for certificates is refused where none are configured."""
    with pytest.raises(InputError, match="names none"):
        cluster.runner("tls://127.0.0.1:9")


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address at which nobody listens is told soon, in one sentence."""
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="There is no cluster at"):
        cluster.runner("tcp://127.0.0.1:9")
    assert time.monotonic() - began < 10


def test_without_distributed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional package the sentence says how to install it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UnavailableError, match=r"pip install 'zone-atlas\[cluster\]'"):
        cluster.runner("127.0.0.1:9")
