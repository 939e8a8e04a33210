"""The main roads of one home folder are built by one process, whoever else asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = """
import sys, time
from pathlib import Path
from geo import Atlas

def slowly(step):
    print(step, flush=True)
    time.sleep(2)

network = Atlas.open(*sys.argv[1:]).networks.main_roads.open(slowly)
print(network.version)
"""


def test_two_processes_build_the_roads_once(tmp_path: Path, toy: Path) -> None:
    """Of two that need them at the same time one builds, the other waits, and both have the
    same.
    """
    command = [sys.executable, "-c", BUILD, str(toy), str(tmp_path)]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)
        for _ in range(2)
    ]
    printed = [process.communicate(timeout=60)[0].split("\n") for process in both]
    assert sorted("Reading the roads" in lines for lines in printed) == [False, True]
    assert len({lines[-2] for lines in printed}) == 1


def test_a_home_that_cannot_be_written_does_not_matter(tmp_path: Path, toy: Path) -> None:
    """Where a file stands in the place of the folder, the roads are built all the same."""
    from geo import Atlas

    (tmp_path / "main-roads").write_text("")
    assert Atlas.open(toy, tmp_path).network().profiles
