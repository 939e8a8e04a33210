"""What the lint step of ``tests/run.py`` holds templates to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<p class="small">{{ text }}</p>', None),
        (f"<p>{'–' * 93}</p>", None),
        (f"<p>{'–' * 94}</p>", "L100"),
        ("<p>{{text}}</p>", "T001"),
        ("<div><p>text</p>", "H025"),
    ],
)
def test_faults_of_a_template_are_named(tmp_path: Path, text: str, fault: str | None) -> None:
    """Long lines, narrow braces and elements that stay open are faults; a sound template is not."""
    path = tmp_path / "page.html"
    path.write_text(text + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "djlint", "--lint", "--quiet", "--configuration"]
    command += [str(ROOT / "pyproject.toml"), "--rules", str(ROOT / ".djlint_rules.yaml")]
    run = subprocess.run([*command, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == (fault is not None), run.stdout + run.stderr
    assert (fault or "") in run.stdout
