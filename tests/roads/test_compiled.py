"""Machine code is kept in files; what is wrong with these costs time, and no answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="Windows lacks such limits")

PROGRAM = """
import resource, sys
if limit := int(sys.argv[1]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
import numpy as np
from geo.roads import snapping
snapping.warm_up()
from geo.roads._snapping import nearest
print(sum(nearest.stats.cache_hits.values()))
"""


def run(folder: Path, limit: int = 0) -> int:
    """Compile in a process of its own that writes no file longer than a limit; return how much of
    it was kept before.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(limit)],
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return int(done.stdout)


def test_a_full_folder_costs_no_answer(tmp_path: Path) -> None:
    """Where nothing can be written the code is compiled for this process alone, and nothing is left
    behind that a later one stumbles over.
    """
    assert run(tmp_path, limit=100) == 0
    assert run(tmp_path) == 0
    assert run(tmp_path) == 1


def test_damaged_files_are_written_anew(tmp_path: Path) -> None:
    """Files cut short, of other bytes or empty are not read, and the next process finds whole
    ones.
    """
    run(tmp_path)
    for damage in (b"", b"\x80\x04.", b"nothing of the kind"):
        for path in tmp_path.rglob("*.nb?"):
            path.write_bytes(damage)
        run(tmp_path)
        assert run(tmp_path) == 1, damage
