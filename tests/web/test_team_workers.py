"""A team behind two processes: who signs in at one is known to the other."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from team import PASSWORD
from test_workers import Crew, crew

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ("-m", "webapp.cli.main")


@pytest.fixture
def served(tmp_path: Path, toy: Path) -> Iterator[Crew]:
    """A team with a keeper, served by two workers that both answer."""
    home = {"ZONEATLAS_HOME": str(tmp_path / "home"), "ZONEATLAS_DATA": str(toy)}
    subprocess.run(
        [sys.executable, *COMMAND, "team", "add", "Kim Per", "--role", "keeper"],
        input=PASSWORD.encode(),
        env=os.environ | {"PYTHONPATH": str(ROOT)} | home,
        check=True,
        capture_output=True,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (*COMMAND, "serve", "--team", "--port", str(port), "--workers", "2")
    with crew(tmp_path, *command, port=port, **home) as running:
        running.wait(lambda: running.workers(2) or running.process.poll() is not None, 180)
        yield running


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a single process serves")
def test_two_workers_share_sessions(served: Crew) -> None:
    """A session that began at one worker is open at both, and ends at both."""
    cookies: dict[str, str] = {}

    def ask(path: str, form: dict[str, str] | None = None, seconds: float = 60) -> tuple[int, str]:
        """Ask on a new connection, which any worker may take."""
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=seconds)
        headers = {"Accept": "text/html"}
        headers["Cookie"] = "; ".join(f"{name}={text}" for name, text in cookies.items())
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            body = urlencode(form) if form is not None else None
            connection.request("POST" if body else "GET", path, body, headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, text = cookie.split(";")[0].split("=", 1)
                cookies[name] = text
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def token(page: str) -> str:
        match = re.search(r'name="csrf" value="([^"]+)"', page)
        assert match
        return match[1]

    workers = [served.workers(number)[-1] for number in (1, 2)]
    form = {"name": "Kim Per", "password": PASSWORD, "csrf": token(ask("/sign-in")[1])}
    assert ask("/sign-in", form)[0] == 303

    def without(stopped: int) -> tuple[int, str]:
        """Ask while only the other worker can answer. One that is stopped as it writes keeps the
        store locked: then it goes on for a while, and the other is asked anew.
        """
        for last in (False, False, True):
            os.kill(stopped, signal.SIGSTOP)
            try:
                return ask("/team", seconds=20)
            except TimeoutError:
                if last:
                    raise
            finally:
                os.kill(stopped, signal.SIGCONT)
            time.sleep(2)
        raise AssertionError

    for stopped in workers:
        status, page = without(stopped)
        assert status == 200
        assert "Kim Per" in page
    assert ask("/sign-out", {"csrf": token(ask("/team")[1])})[0] == 303
    assert {ask("/team")[0] for _ in range(6)} == {303}
