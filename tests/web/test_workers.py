"""Several processes behind one address: each answers, one that dies is replaced, all end
together.
"""

from __future__ import annotations

import http.client
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from webapp import workers
from webapp.cli.main import main

if sys.platform == "win32":
    pytest.skip("Windows serves with one process.", allow_module_level=True)

ROOT = Path(__file__).parents[2]
PLAN = (
    "/trip/plan?stop=west-park~visit:{n}%20min"
    "&day=2026-12-01~07:30-17:30~begin:west-park~end:west-park"
)
HEAVY = "/rank?profile=car&w_gate={n}"
LIGHT = ("/", "/table?layer=gates", "/api/map/gates.json")


class Crew:
    """A process with its workers, and what they have written so far."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, port: int = 0) -> None:
        self.process, self.port, self._log = process, port, log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def workers(self, number: int) -> list[int]:
        """Return the processes that have served as the worker of that number, one by one."""
        return [
            int(pid) for pid in re.findall(rf"^Worker {number} of .*process (\d+)", self.log, re.M)
        ]

    def wait(self, done: Callable[[], object], seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, self.log
            time.sleep(0.05)


@contextmanager
def crew(folder: Path, *command: str, port: int = 0, **environment: str) -> Iterator[Crew]:
    """Run a command in a session of its own until the block ends, with all that it started."""
    (folder / "tmp").mkdir()
    variables = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    variables |= {"TMPDIR": str(folder / "tmp"), **environment}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdout=log,
            stderr=log,
            env=variables,
            cwd=folder,
            start_new_session=True,
        )
    running = Crew(process, folder / "log", port)
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):  # all have ended
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def serving(folder: Path, data: Path) -> Iterator[Crew]:
    """Serve a data package with two workers that both answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ("-m", "webapp.cli.main", "serve", "--port", str(port), "--workers", "2")
    home = {"ZONEATLAS_HOME": str(folder / "home"), "ZONEATLAS_DATA": str(data)}
    with crew(folder, *command, port=port, **home) as running:
        running.wait(lambda: running.workers(2) or running.process.poll() is not None, 120)
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, toy: Path) -> Iterator[Crew]:
    with serving(tmp_path_factory.mktemp("served"), toy) as running:
        yield running


def get(port: int, path: str, seconds: float = 30) -> tuple[int, bytes]:
    """Ask on a new connection, which any worker may take."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def lives(pid: int) -> bool:
    """Check whether a process is there, and is more than an entry that nobody has taken away."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# The whole server ---------------------------------------------------------------------------------


def test_each_worker_answers_by_itself(served: Crew) -> None:
    """While one of two stands still, the other answers whatever is asked, by the same data."""
    answers = []
    for still in (1, 2):
        pid = served.workers(still)[-1]
        os.kill(pid, signal.SIGSTOP)
        try:
            answers.append(
                [get(served.port, path) for path in (*LIGHT[1:], "/api/times?lon=100&lat=0")]
            )
        finally:
            os.kill(pid, signal.SIGCONT)
    assert answers[0] == answers[1]
    assert {status for status, _body in answers[0]} == {200}


def test_connections_are_shared(served: Crew) -> None:
    """Of sixteen that are opened at once and stay, three times, each of two workers holds at least
    a quarter.
    """
    request, answered = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", 0
    for _ in range(3):
        time.sleep(0.5)  # what was held before is closed
        with ExitStack() as stack:
            opened = [
                stack.enter_context(socket.create_connection(("127.0.0.1", served.port), 10))
                for _ in range(16)
            ]
            for connection in opened:
                connection.sendall(request)
            for connection in opened:
                assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            os.kill(pid := served.workers(1)[-1], signal.SIGSTOP)
            try:
                for connection in opened:
                    connection.sendall(request)
                time.sleep(1)
                answered += len(select.select(opened, [], [], 0)[0])
            finally:
                os.kill(pid, signal.SIGCONT)
    assert 12 <= answered <= 36


def test_a_killed_worker_is_replaced_and_nobody_asks_a_third_time(served: Crew) -> None:
    """Whoever is cut off when a worker dies is answered when they ask again."""
    over, asked, failed = threading.Event(), Counter[int](), []

    def ask() -> None:
        while not over.is_set():
            for attempt in (1, 2):
                try:
                    assert get(served.port, "/api/times?lon=100&lat=0")[0] == 200
                    asked[attempt] += 1
                    break
                except (OSError, http.client.HTTPException) as error:
                    if attempt == 2:
                        failed.append(error)

    visitors = [threading.Thread(target=ask) for _ in range(3)]
    before = len(served.workers(1))
    for visitor in visitors:
        visitor.start()
    time.sleep(0.5)
    os.kill(served.workers(1)[-1], signal.SIGKILL)
    try:
        served.wait(lambda: len(served.workers(1)) > before)
        time.sleep(0.5)
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()
    assert "Worker 1 of 2 was ended by signal 9" in served.log
    assert not failed
    assert asked[1] > 20


def test_a_plan_comes_from_whichever_worker_is_asked(served: Crew) -> None:
    """Every poll on a new connection is “not yet” or the plan; the plan is the same each time."""
    plans, until = [], time.monotonic() + 60
    while len(plans) < 12 and time.monotonic() < until:
        status, body = get(served.port, PLAN.format(n=35))
        assert status in (200, 202)
        if status == 200:
            plans.append(body)
    assert len(plans) == 12
    assert len(set(plans)) == 1
    assert b"west-park" in plans[0]


def test_a_heavy_user_leaves_both_workers_to_light_ones(served: Crew) -> None:
    """Beside eight connections that rank without end, nine of ten light requests take less than a
    second, and the heavy user is served or asked to come again.
    """
    over, done = time.monotonic() + 3, Counter[int]()

    def press(number: int) -> None:
        while time.monotonic() < over:
            done[status := get(served.port, HEAVY.format(n=number))[0]] += 1
            if status == 503:
                time.sleep(1)

    users = [threading.Thread(target=press, args=(number + 1,)) for number in range(8)]
    for user in users:
        user.start()
    waited = []
    while time.monotonic() < over:
        for path in LIGHT:
            begun = time.monotonic()
            assert get(served.port, path)[0] == 200
            waited.append(time.monotonic() - begun)
    for user in users:
        user.join()
    assert done[200] > 0
    assert set(done) <= {200, 503}
    assert sorted(waited)[int(0.9 * len(waited))] < 1


def test_ctrl_c_ends_all(tmp_path: Path, toy: Path) -> None:
    """As a terminal sends it, to every process at once: all end soon, with status 0, without a
    traceback, and leave no temporary file.
    """
    with serving(tmp_path, toy) as running:
        pids = [running.process.pid, *running.workers(1), *running.workers(2)]
        os.killpg(running.process.pid, signal.SIGINT)
        assert running.process.wait(20) == 0
        assert not any(map(lives, pids))
        assert "Traceback" not in running.log
        assert not list((tmp_path / "tmp").iterdir())
        with pytest.raises(OSError, match=r"(?i)refused"):
            get(running.port, "/health")


def test_a_package_with_faults_is_refused_once(tmp_path: Path) -> None:
    """One sentence, not one for each worker, and the status of a refusal."""
    (tmp_path / "data").mkdir()
    with serving(tmp_path, tmp_path / "data") as running:
        assert running.process.wait(30) == 1
        assert running.log.count("zoneatlas:") == 1


@pytest.mark.parametrize("count", ["0", "65", "two"])
def test_a_number_of_workers_that_cannot_be_is_refused(count: str) -> None:
    """By option and by setting, before anything is opened."""
    assert CliRunner().invoke(main, ["serve", "--workers", count]).exit_code == 2
    done = CliRunner().invoke(main, ["serve"], env={"ZONEATLAS_WORKERS": count})
    assert done.exit_code == 1
    assert "WORKERS" in done.output
    assert count in done.output


# The crew, with workers that only wait ------------------------------------------------------------

WAITING = """
import sys, time
from webapp import workers
workers.STOP_S = 0.5
worker = workers.divide({count})
{before}
worker.serves()
if worker.first:
    worker.prepared()
time.sleep(60)
"""


@contextmanager
def waiting(folder: Path, before: str = "", count: int = 3) -> Iterator[Crew]:
    with crew(folder, "-c", WAITING.format(before=before, count=count)) as running:
        yield running


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_leading_process(tmp_path: Path, how: signal.Signals) -> None:
    """However the leading process ends, even killed, its workers end as well."""
    with waiting(tmp_path) as running:
        running.wait(lambda: running.workers(2) and running.workers(3))
        pids = [running.workers(number)[0] for number in (1, 2, 3)]
        assert all(map(lives, pids))
        running.process.send_signal(how)
        assert running.process.wait(10) == (-how if how == signal.SIGKILL else 0)
        running.wait(lambda: not any(map(lives, pids)), 5)


def test_a_worker_that_does_not_end_is_killed(tmp_path: Path) -> None:
    """One that hears nothing, as in the midst of compiled code, holds up nobody for long."""
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    with waiting(tmp_path, deaf, count=2) as running:
        running.wait(lambda: running.workers(2))
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(5) == 0
        assert not lives(running.workers(2)[0])


def test_the_others_follow_when_the_first_has_prepared(tmp_path: Path) -> None:
    """Nothing is prepared twice: until the first worker is done no other one starts."""
    with waiting(tmp_path, "time.sleep(1.0 if worker.first else 0)") as running:
        running.wait(lambda: running.workers(2) and running.workers(3))
        served = re.findall(r"^Worker (\d) of 3 serves", running.log, re.MULTILINE)
    assert served[0] == "1"
    assert sorted(served) == ["1", "2", "3"]


def test_workers_that_die_again_and_again_are_given_up(tmp_path: Path) -> None:
    """Replaced a few times, with a line for each; when none is left the whole ends with status
    1.
    """
    dying = "import os, signal; worker.prepared(); os.kill(os.getpid(), signal.SIGKILL)"
    with waiting(tmp_path, dying, count=1) as running:
        assert running.process.wait(20) == 1
        assert running.log.count("was ended by signal 9") == workers.MOST_ENDS
        assert "No worker is left" in running.log


def test_one_worker_that_dies_again_and_again_leaves_the_others(tmp_path: Path) -> None:
    """The leading process waits before it tries again, and says so; who serves goes on."""
    dying = "if worker.number == 2: sys.exit(3)"
    with waiting(tmp_path, dying, count=2) as running:
        running.wait(lambda: "the next one starts in" in running.log)
        time.sleep(0.5)
        assert running.log.count("ended with status 3") == workers.MOST_ENDS
        assert running.process.poll() is None
        assert lives(running.workers(1)[0])
