"""The server as a process: many connections, slow ones, heavy users beside light ones, addresses,
its log.
"""

from __future__ import annotations

import http.client
import os
import platform
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from geo.errors import InputError
from webapp import create_app, server, settings, turnstile
from webapp.cli.main import main
from webapp.jobs import Desk
from webapp.turnstile import BusyError, Turnstile

pytest_plugins = ("web",)

ROOT = Path(__file__).parents[2]
PARK = "van-don-ez"
HEAVY = "/rank?profile=car"


@contextmanager
def process(
    host: str = "127.0.0.1", **environment: str
) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run ``zoneatlas serve`` until the block ends; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "webapp.cli.main",
        "serve",
        "--host",
        host,
        "--port",
        str(port),
    ]
    variables = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}
    if "HOME" in os.environ:
        variables["HOME"] = os.environ["HOME"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=variables, cwd="/"
    ) as running:
        try:
            until = time.monotonic() + 120
            while True:
                try:
                    assert get(port, "/health", host=host)[0] == 200
                    break
                except OSError:
                    assert time.monotonic() < until
                    assert running.poll() is None
                    time.sleep(0.1)
            yield port, running
        finally:
            running.terminate()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home = tmp_path_factory.mktemp("home")
    with process(ZONEATLAS_HOME=str(home)) as (number, _running):
        for path in ("/", f"/sites/{PARK}", HEAVY):  # read what is read once
            until = time.monotonic() + 120
            while get(number, path)[0] == 503:  # the roads are being prepared
                assert time.monotonic() < until
                time.sleep(0.5)
            assert get(number, path)[0] == 200
        while not [*home.glob("main-roads/*/surfaces.json")]:  # what is prepared beside
            assert time.monotonic() < until
            time.sleep(0.5)
        yield number


def get(
    port: int, path: str, *, host: str = "127.0.0.1", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def seconds(port: int, path: str) -> float:
    """Measure a request that must succeed."""
    begun = time.monotonic()
    assert get(port, path)[0] == 200
    return time.monotonic() - begun


# Connections --------------------------------------------------------------------------------------


def test_point_15_idle_and_slow_connections_leave_others_served(port: int) -> None:
    """With 150 connections that asked once and stay, and 150 that send a byte now and then, a
    visitor is served within a second.
    """
    with ExitStack() as held:
        slow = []
        for number in range(300):
            connection = held.enter_context(
                socket.create_connection(("127.0.0.1", port), timeout=5)
            )
            if number % 2:
                connection.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            else:
                slow.append(connection)
        for byte in b"GET /":
            for connection in slow:
                connection.send(bytes([byte]))
            for path in ("/", f"/sites/{PARK}", "/static/app.css", "/ogc?f=json"):
                assert seconds(port, path) < 1


def test_point_15_300_requests_at_once_are_all_answered(port: int) -> None:
    """Light and heavy requests together are answered within a bounded time; who is turned away is
    told when to come again.
    """
    paths = [
        "/",
        HEAVY,
        f"/sites/{PARK}",
        "/static/app.css",
        "/api/isochrones?lon=106.68&lat=20.86",
        "/ogc?f=json",
    ] * 50
    with ThreadPoolExecutor(300) as pool:
        begun = time.monotonic()
        answers = list(pool.map(lambda path: (path, *get(port, path)), paths))
    assert time.monotonic() - begun < 60
    assert Counter(path for path, status, *_ in answers if status == 200).keys() == set(paths)
    for path, status, headers, _body in answers:
        assert status in (200, 503), path
        if status == 503:
            assert int(headers["Retry-After"]) > 0
            assert path in (HEAVY, "/api/isochrones?lon=106.68&lat=20.86")


def test_point_15_a_heavy_user_does_not_hold_up_a_light_one(port: int) -> None:
    """Beside eight connections that rank without end, the map and a sheet come within a second, and
    the heavy user is served as well.
    """
    over, done = time.monotonic() + 4, Counter[int]()

    def press(number: int) -> None:
        while time.monotonic() < over:
            status, headers, _body = get(port, f"{HEAVY}&w_gate={number + 1}")
            done[status] += 1
            if status == 503:
                time.sleep(int(headers["Retry-After"]))

    users = [threading.Thread(target=press, args=(number,)) for number in range(8)]
    for user in users:
        user.start()
    waited = []
    while time.monotonic() < over:
        waited += [
            seconds(port, path)
            for path in ("/", f"/sites/{PARK}", "/ogc/collections/gates/items?f=json")
        ]
    for user in users:
        user.join()
    assert done[200] > 0
    assert set(done) <= {200, 503}
    assert sorted(waited)[int(0.9 * len(waited))] < 1
    assert max(waited) < 5


def test_point_20_a_request_with_bare_newlines_is_refused_at_once(port: int) -> None:
    """Lines that end with LF alone are 400, not silence."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\nHost: localhost\n\n")
        assert connection.recv(4096).startswith(b"HTTP/1.0 400")


def test_point_15_a_slow_request_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that comes byte by byte is given up when its time is over, though the connection is
    never silent for long.
    """
    monkeypatch.setattr(server, "IDLE_S", 1)
    from web import serving

    with (
        serving(app) as url,
        socket.create_connection(
            ("127.0.0.1", int(url.rpartition(":")[2])), timeout=0.2
        ) as connection,
    ):
        begun, ended = time.monotonic(), False
        while not ended and time.monotonic() < begun + 20:
            try:
                connection.send(b"G")
                ended = connection.recv(100) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
    assert ended


def test_point_20_a_long_address_gets_a_short_answer(port: int) -> None:
    """Neither an address of 200 kB nor many unknown parameters are answered with more than they are
    worth.
    """
    status, _headers, body = get(
        port, "/table?" + "&".join(f"q{i}={'<' * 60}" for i in range(3000))
    )
    assert status in (414, 431)
    assert len(body) < 1000
    status, _headers, body = get(port, "/table?" + "&".join(f"q{i}=1" for i in range(3000)))
    assert status == 400
    assert b"2950" in body  # the faults that are not named are counted


def test_point_15_a_file_of_a_plan_is_waited_for_in_bounds(make_app: Callable[..., Flask]) -> None:
    """Where the desk is busy, a file of a plan is answered with 503 soon and asked for again; then
    it is the file.
    """
    app, go = make_app(), threading.Event()
    store = app.extensions["zoneatlas"]
    desk = store.keep("desk", Desk)
    desk._patience_s = 0.3
    desk.ask("long work", lambda _tell: go.wait(60))
    query = "day=2026-12-01~08:00-18:00~begin:ha-long~end:ha-long&stop=dong-mai-ip"
    client, begun = app.test_client(), time.monotonic()
    for path in ("/trip/plan.gpx", "/trip/ways", "/trip/plan.sheet.html"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 503, path
        assert int(answer.headers["Retry-After"]) > 0
    assert time.monotonic() - begun < 20
    assert client.get("/").status_code == 200
    go.set()
    until = time.monotonic() + 180  # compiled the first time
    while (
        answer := client.get(f"/trip/plan.gpx?{query}")
    ).status_code == 503 and time.monotonic() < until:
        time.sleep(0.2)
    assert answer.status_code == 200
    assert b"<gpx" in answer.data


# Where it listens, who may call -------------------------------------------------------------------


def test_point_18_serve_on_ipv6(built_home: Path) -> None:
    """``--host ::1`` serves, says its address as a browser takes it, and answers under that
    name.
    """
    with process("::1", ZONEATLAS_HOME=str(built_home), ZONEATLAS_ACCESS_LOG="on") as (
        number,
        running,
    ):
        for host in (f"[::1]:{number}", "[::1]", f"LOCALHOST:{number}", "LocalHost"):
            assert get(number, "/table?layer=gates", host="::1", Host=host)[0] == 200, host
        assert get(number, "/table", host="::1", Host="[::2]")[0] == 400
        running.terminate()
        log = running.communicate(timeout=20)[0]
    assert f"http://[::1]:{number} " in log
    lines = re.findall(r'^::1 \S+ "GET /table\?layer=gates" 200 \d+ \d\.\d{3}$', log, re.MULTILINE)
    assert len(lines) == 4


def test_point_18_a_host_that_there_is_not_is_a_sentence() -> None:
    """A name that leads nowhere is one line."""
    done = CliRunner().invoke(main, ["serve", "--host", "no.such.host.invalid"])
    assert done.exit_code == 1
    assert re.search(
        r"^zoneatlas: no\.such\.host\.invalid:8000 cannot be used: [^.]+\. Try another --host or"
        r" --port\.$",
        done.output,
        re.M,
    )


@pytest.fixture(scope="module")
def trusting(make_app: Callable[..., Flask]) -> Flask:
    """An app that trusts some names."""
    return make_app(
        PUBLIC_URL="https://atlas.example",
        TRUSTED_HOSTS=".wide.example, 2001:DB8::1, bücher.example",
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(
            ("localhost", 200),
            ("LOCALHOST:8000", 200),
            ("[::1]:8000", 200),
            ("[::1]", 200),
            ("127.0.0.1:1", 200),
        ),
        *(
            ("ATLAS.example", 200),
            ("a.wide.example", 200),
            ("[2001:db8::1]:443", 200),
            ("xn--bcher-kva.example", 200),
        ),
        *(
            ("evil.example", 400),
            ("atlas.example.evil.example", 400),
            ("evilwide.example", 400),
            ("[::2]", 400),
            ("::1", 400),
        ),
        *(
            ("localhost@evil.example", 400),
            ("localhost:", 400),
            ("localhost:80x", 400),
            ("", 400),
            ("[", 400),
            ("localhost evil", 400),
        ),
    ],
)
def test_point_18_hosts_are_compared_as_names(trusting: Flask, host: str, status: int) -> None:
    """Capitals, ports and IPv6 make no difference; what only looks like a trusted name is
    refused.
    """
    assert trusting.test_client().get("/robots.txt", headers={"Host": host}).status_code == status


def test_point_20_a_proxy_tells_who_asks(
    make_app: Callable[..., Flask], capfd: pytest.CaptureFixture[str]
) -> None:
    """X-Forwarded-For counts where it comes from the proxy that is set, and nowhere else."""
    from web import serving

    for proxy, who in (("127.0.0.1", "192.0.2.7"), ("192.0.2.1", "127.0.0.1"), ("", "127.0.0.1")):
        with serving(make_app(PROXY=proxy, ACCESS_LOG="on")) as url:
            get(int(url.rpartition(":")[2]), '/%1b%0d%0a?"', **{"X-Forwarded-For": "192.0.2.7"})
        lines = capfd.readouterr().err.strip().splitlines()
        assert re.fullmatch(
            rf'{re.escape(who)} \S+ "GET /%1B%0D%0A\?%22" 404 \d+ \d+\.\d+', lines[-1]
        ), lines


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PUBLIC_URL", "https://atlas.example/zones", "has a path"),
        ("PUBLIC_URL", "ftp://atlas.example", "is not an http or https address"),
        ("PROXY", "proxy.example", "is not an IP address"),
        ("ACCESS_LOG", "yes", "must be “on” or “off”"),
    ],
)
def test_point_20_a_setting_that_cannot_work_is_refused_at_the_start(
    name: str, value: str, words: str
) -> None:
    """The app does not start with it, and a sentence says why."""
    with pytest.raises(InputError, match=words):
        create_app({name: value})
    assert (
        settings.resolve({"PUBLIC_URL": "https://atlas.example/"})["PUBLIC_URL"]
        == "https://atlas.example"
    )


def test_point_20_https_is_kept_to(make_app: Callable[..., Flask]) -> None:
    """Where people reach the app by https, browsers are told to use nothing else; otherwise they
    are not.
    """
    assert (
        "max-age"
        in make_app(PUBLIC_URL="https://atlas.example")
        .test_client()
        .get("/robots.txt")
        .headers["Strict-Transport-Security"]
    )
    assert "Strict-Transport-Security" not in make_app().test_client().get("/robots.txt").headers


# For machines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/api/times?site=van-don-ez",
            "/api/isochrones?site=van-don-ez",
            "/api/times?x=1",
            "/download/gates.csv",
        ),
        *("/ogc/collections/gates/items?f=json", "/ogc/nothing"),
        "/ogc/collections/gates/items?f=fgb&limit=3",
    ],
)
def test_point_20_maps_elsewhere_may_ask_for_data(app: Flask, path: str) -> None:
    """Scripts of other sites read data and its faults, after a preflight that names what is
    allowed; pages stay closed to them.
    """
    client = app.test_client()
    answer = client.get(path)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    own = {name for name in answer.headers.keys() if name in ("ETag", "Link", "Content-Crs")}  # noqa: SIM118
    assert own | {"OGC-NumberMatched", "OGC-NumberReturned"} <= set(exposed)
    asked = {
        "Origin": "https://other.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-none-match",
    }
    preflight = client.options(path, headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
    assert "if-none-match" in preflight.headers["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Origin" not in client.get("/data").headers


def test_point_20_health(
    app: Flask, make_app: Callable[..., Flask], toy: Path, tmp_path: Path
) -> None:
    """The health address says that the data can be read, and fails where they cannot."""
    import shutil

    assert app.test_client().get("/health").get_json()["status"] == "ok"
    broken = shutil.copytree(toy, tmp_path / "data")
    client = make_app(broken).test_client()
    (broken / "parks.csv").unlink()
    assert client.get("/health").status_code >= 400


def test_point_20_crawlers_are_kept_from_endless_addresses(app: Flask) -> None:
    """A crawler that keeps to robots.txt reads sites and data, and no page that computes."""
    lines = app.test_client().get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    rules = [
        re.compile(re.escape(line.removeprefix("Disallow: ")).replace(r"\*", ".*"))
        for line in lines[1:]
    ]

    def barred(path: str) -> bool:
        return any(rule.match(path) for rule in rules)

    for endpoint in turnstile.COMPUTING | turnstile.PLANNING:
        for rule in app.url_map.iter_rules(endpoint):
            assert barred(re.sub(r"<[^>]+>", "x", rule.rule)), rule
    assert barred("/sites/x?closed=huu-nghi")
    assert not any(
        map(
            barred,
            (
                "/",
                "/table",
                "/data",
                "/sites/van-don-ez",
                "/sites/van-don-ez?lang=vi",
                "/ogc",
                "/static/app.css",
            ),
        )
    )


# The turnstile ------------------------------------------------------------------------------------


def test_point_15_the_turnstile_lets_in_a_few() -> None:
    """Never more run at once than are let in, in all and of one client; those who are turned away
    never ran, the others all did.
    """
    turn = Turnstile(inside=3, of_client=2, waiting=6, waiting_of_client=4, patience_s=5)
    lock, running, most, most_of = threading.Lock(), Counter[str](), [0], Counter[str]()
    ran, refused = Counter[str](), Counter[str]()
    together = threading.Barrier(20)

    def ask(who: str) -> None:
        together.wait()
        try:
            with turn.turn(who):
                with lock:
                    running[who] += 1
                    most[0] = max(most[0], running.total())
                    most_of[who] = max(most_of[who], running[who])
                time.sleep(0.05)
                with lock:
                    running[who] -= 1
                    ran[who] += 1
        except BusyError:
            with lock:
                refused[who] += 1

    askers = [threading.Thread(target=ask, args=(who,)) for who in ["heavy"] * 14 + ["other"] * 6]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(20)
    assert most[0] <= 3
    assert max(most_of.values()) <= 2
    assert ran.total() + refused.total() == 20
    assert ran["heavy"] >= 2
    assert ran["other"] >= 1
    assert refused["heavy"] >= 14 - 2 - 4
    with turn.turn("heavy"), turn.turn("heavy"):  # everybody has left
        pass


def test_point_15_the_turnstile_is_left_when_a_view_fails() -> None:
    """An error frees the place; a wait that is too long ends with 503."""
    turn = Turnstile(inside=1, of_client=1, waiting=1, waiting_of_client=1, patience_s=0.05)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turn.turn("a"):
            raise ZeroDivisionError
    with turn.turn("a"), pytest.raises(BusyError), turn.turn("b"):
        pass
    with turn.turn("b"):
        pass


def test_point_15_who_is_turned_away_comes_again(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 comes with a sentence and Retry-After; a page asks again by itself, a program is told in
    JSON; nothing else is held up.
    """
    full = Turnstile(inside=0, of_client=0, waiting=0, waiting_of_client=0, patience_s=0)
    monkeypatch.setattr(turnstile, "computing", lambda: full)
    monkeypatch.setattr(turnstile, "planning", lambda: full)
    client = make_app().test_client()
    page = client.get("/rank")
    assert page.status_code == 503
    assert "try again" in page.text
    assert int(page.headers["Retry-After"]) > 0
    assert page.headers["Refresh"] == page.headers["Retry-After"]
    refused: Any = client.get("/api/isochrones?site=van-don-ez")
    assert refused.status_code == 503
    assert "try again" in refused.get_json()["description"]
    assert "Refresh" not in refused.headers
    assert client.get("/trip/plan.gpx?stop=dong-mai-ip").status_code == 503
    for path in (
        "/",
        "/table",
        f"/sites/{PARK}",
        "/static/app.css",
        "/ogc/collections/gates/items?f=json",
        "/api/map/parks.json",
    ):
        with client.get(path) as answer:
            assert answer.status_code == 200, path


def test_point_15_what_a_client_asked_that_has_left_is_not_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of those who wait behind a slow question, those are answered who are still there."""
    from web import serving

    monkeypatch.setattr(turnstile, "COMPUTING", {"slow"})
    monkeypatch.setattr(turnstile, "PLANNING", set())
    app, begun, go = Flask("slow"), threading.Event(), threading.Event()
    app.config |= settings.resolve()
    app.extensions["zoneatlas"] = SimpleNamespace()
    computed: list[str] = []

    @app.get("/<name>")
    def slow(name: str) -> str:
        begun.set()
        assert go.wait(20)
        computed.append(name)
        return name

    turnstile.install(app)
    with serving(app) as url, ExitStack() as stack:
        at = ("127.0.0.1", int(url.rpartition(":")[2]))
        stack.callback(go.set)

        def ask(name: str) -> socket.socket:
            connection = stack.enter_context(socket.create_connection(at, timeout=20))
            connection.sendall(f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            return connection

        first = ask("first")
        assert begun.wait(20)
        leaving, staying = [ask(f"leaves-{n}") for n in range(3)], ask("stays")
        time.sleep(0.3)  # all of them wait for their turn
        for each in leaving:
            each.close()
        go.set()
        for connection, name in ((first, "first"), (staying, "stays")):
            answer = b""
            while not answer.endswith(name.encode()):
                part = connection.recv(4096)
                assert part, answer
                answer += part
            assert answer.startswith(b"HTTP/1.1 200")
        time.sleep(0.3)
    assert computed == ["first", "stays"]


def test_point_15_light_requests_always_have_threads() -> None:
    """All turnstiles together never hold every thread."""
    assert turnstile.computing().threads + turnstile.planning().threads <= turnstile.THREADS - 8


def test_point_15_what_is_made_for_the_first_time_holds_up_nobody_else(app: Flask) -> None:
    """While something is made that is kept, other things can be had; it is made once, however many
    ask, and again after it failed.
    """
    store = app.extensions["zoneatlas"]
    begun, go, calls = threading.Event(), threading.Event(), Counter[str]()

    def make() -> str:
        calls["slow"] += 1
        begun.set()
        assert store.keep("test inner", lambda: "inner") == "inner"
        assert go.wait(20)
        return "slow"

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(store.keep, "test slow", make) for _ in range(3)]
        assert begun.wait(5)
        try:
            assert pool.submit(store.keep, "test quick", lambda: "quick").result(5) == "quick"
        finally:
            go.set()
        assert [future.result(5) for future in asked] == ["slow"] * 3
    assert calls["slow"] == 1
    with pytest.raises(ZeroDivisionError):
        store.keep("test fault", lambda: 1 // 0)
    assert store.keep("test fault", lambda: 1) == 1


USE = """
import ctypes, sys, threading
if sys.argv[1] == "shared":
    from webapp.server import spare_memory
    spare_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
addresses, all_there = set(), threading.Barrier(20)
def take():
    all_there.wait()
    addresses.add(libc.malloc(50_000) >> 26)  # a heap of a thread lies in 64 MB of its own
    all_there.wait()
threads = [threading.Thread(target=take) for _ in range(20)]
for each in threads: each.start()
for each in threads: each.join()
print(len(addresses))
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only the GNU C library has a heap for each thread"
)
def test_threads_share_a_heap() -> None:
    """Twenty threads take memory from one place, which is free for all when one hands it back;
    without that, from many.
    """
    heaps = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", USE, how], check=True, capture_output=True, text=True
            ).stdout
        )
        for how in ("shared", "as usual")
    }
    assert heaps["shared"] <= 2
    assert heaps["as usual"] > 2
