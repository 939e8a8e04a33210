"""What one of several processes has computed the others need not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from geo import Atlas
from webapp.handover import Handover, SharedTurns
from webapp.jobs import Desk
from webapp.turnstile import BusyError

ROOT = Path(__file__).parents[2]

if sys.platform == "win32":
    pytest.skip("Windows serves with one process.", allow_module_level=True)


def test_what_one_process_computes_another_reads(tmp_path: Path) -> None:
    """Two that ask for the same at the same time get it, computed once; the one that waits hears
    how far it is.
    """
    begun, go, heard, calls = threading.Event(), threading.Event(), [], []

    def make(tell: Callable[[float], None]) -> dict[str, int]:
        calls.append(1)
        tell(0.5)
        begun.set()
        go.wait(20)
        return {"stops": 3}

    def hear(share: float) -> None:
        heard.append(share)
        if share:
            go.set()

    first, second = (Desk(handover=Handover(tmp_path, 4), version="data") for _ in range(2))
    job = first.ask(("plan", "trip"), make)
    assert begun.wait(20)
    assert Handover(tmp_path, 4).get(("data", ("plan", "trip")), make, hear) == {"stops": 3}
    assert second.ask(("plan", "trip"), make).result(20) == job.result(20) == {"stops": 3}
    assert calls == [1]
    assert 0.5 in heard


def test_results_of_other_data_are_not_taken(tmp_path: Path) -> None:
    """A plan made with the package as it was before is computed anew."""
    desks = [Desk(handover=Handover(tmp_path, 4), version=version) for version in ("old", "new")]
    got = [
        desk.ask("key", lambda _tell, n=number: n).result(20) for number, desk in enumerate(desks)
    ]
    assert got == [0, 1]


def test_the_folder_is_bounded_and_may_vanish(tmp_path: Path) -> None:
    """The oldest results go first; a folder that is gone, or holds rubbish, is not an error."""
    folder = tmp_path / "shared"
    folder.mkdir()
    handover = Handover(folder, 4)

    def ask(number: int) -> int:
        answer: int = handover.get(number, lambda _tell: number, lambda _share: None)
        return answer

    assert [ask(number) for number in range(9)] == list(range(9))
    assert len(list(folder.iterdir())) <= 2 * 4
    for path in folder.iterdir():
        path.write_bytes(b"rubbish")
    assert ask(8) == 8
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert ask(8) == 8


TRIP = """
title: Two parks in a morning
stops:
  - {site: west-park, visit: 30 min}
  - {site: east-park, visit: 9 h}
days:
  - {date: 2026-12-01, hours: "08:00-12:00", begin: west-park, end: west-park}
"""


def test_a_plan_and_its_reasons_survive_the_way(tmp_path: Path, toy: Path) -> None:
    """What is read is what was computed, of a trip that leaves a stop out."""
    atlas, handover = Atlas.open(toy, tmp_path / "home"), Handover(tmp_path, 4)
    trip = atlas.trip(TRIP)
    plan = atlas.plan(trip)
    assert plan.left_out
    why = atlas.explain(plan, plan.left_out[0].place.id)

    def refuse(_tell: object) -> None:
        raise AssertionError

    for key, value in (("plan", plan), ("why", why)):
        handover.get(key, lambda _tell, kept=value: kept, lambda _share: None)
        assert repr(handover.get(key, refuse, lambda _share: None)) == repr(value)


# Turns --------------------------------------------------------------------------------------------


def test_a_client_leaves_a_process_to_others(tmp_path: Path) -> None:
    """Of three processes a client computes in two at once, however many it asks; others go on, and
    everybody comes to their turn.
    """
    processes = [SharedTurns(tmp_path, 3, 20.0) for _ in range(3)]
    lock, running, most, done = threading.Lock(), [0], [0], []

    def ask(number: int) -> None:
        with processes[number % 3].turn("heavy"):
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            if number == 0:
                with processes[1].turn("light"):
                    done.append("light")
            time.sleep(0.05)
            with lock:
                running[0] -= 1
                done.append(number)

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(20)
    assert most[0] == 2
    assert len(done) == 13


def test_a_turn_that_does_not_come_is_refused_and_one_left_is_free(tmp_path: Path) -> None:
    """Who waits too long is turned away; an error in a turn frees it."""
    first, second = (SharedTurns(tmp_path, 2, 0.05) for _ in range(2))
    with pytest.raises(ZeroDivisionError), first.turn("a"):
        raise ZeroDivisionError
    with first.turn("a"), pytest.raises(BusyError), second.turn("a"):
        pass
    with second.turn("a"):
        pass


def test_the_turn_of_a_process_that_is_killed_is_free(tmp_path: Path) -> None:
    """Nobody waits for a process that has ended."""
    program = (
        "import pathlib, sys, time; from webapp.handover import SharedTurns\n"
        "with SharedTurns(pathlib.Path(sys.argv[1]), 2, 1.0).turn('a'):\n"
        "    print('in', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    turns = SharedTurns(tmp_path, 2, 0.1)
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"in\n"
            with pytest.raises(BusyError), turns.turn("a"):
                pass
        finally:
            holder.kill()
    with turns.turn("a"):
        pass


def test_a_folder_of_turns_that_is_gone_holds_up_nobody(tmp_path: Path) -> None:
    """Without the folder every process lets in whom it would let in alone."""
    turns = SharedTurns(tmp_path / "gone", 2, 0.1)
    with turns.turn("a"), turns.turn("a"):
        pass
