"""Check the types: mypy finds nothing, and the share of expressions it knows no type of stays.

One run does both, because mypy keeps nothing while it counts; ``tests/run.py`` calls it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("ratchets.json")
SLACK = 0.3
"""By how many per cent the share may lie below the one in the table."""


def check() -> tuple[str, float]:
    """Run mypy; return what it prints if it finds a fault, and the percentage of Any in geo and
    webapp.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mypy", "--any-exprs-report", folder]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        lines = (Path(folder) / "any-exprs.txt").read_text("utf-8").splitlines()
    modules = [line.split() for line in lines if re.match(r" *(geo|webapp)\b", line)]
    untyped, total = (sum(int(module[at]) for module in modules) for at in (1, 2))
    return run.stdout if run.returncode else "", round(100 * untyped / total, 1)


def main() -> int:
    faults, share = check()
    most = json.loads(TABLE.read_text(encoding="utf-8"))["any percent"]
    if share > most:
        faults += f"{share} % of the expressions are Any, {most} % before\n"
    elif share < most - SLACK:
        faults += f"{share} % are Any, {most} % before: run python tests/project/test_ratchets.py\n"
    sys.stdout.write(faults)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
