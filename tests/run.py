"""Run everything that must pass: lint, formatting, types and tests; install a browser first where
there is none.

``make test`` calls it; on Windows, ``.venv\\Scripts\\python tests\\run.py`` does. Arguments go to
pytest."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)


def main() -> int:
    _browser()
    python = [sys.executable, "-m"]
    steps = (
        [*python, "ruff", "check", "."],
        [*python, "ruff", "format", "--check", "."],
        [*python, "deno", "fmt", "--check"],
        [*python, "deno", "lint"],
        [*python, "mypy"],
        [*python, "pytest", *sys.argv[1:]],
    )
    failed = [step for step in steps if subprocess.run(step, cwd=ROOT).returncode]
    for step in failed:
        print("failed:", " ".join(step[2:]), file=sys.stderr)
    return 1 if failed else 0


def _browser() -> None:
    """Install Chromium where no browser is found: Debian's as root, else Playwright's own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if any(map(shutil.which, BROWSERS)) or Path(playwright.chromium.executable_path).exists():
            return
    apt = shutil.which("apt-get")
    if apt and _is_root():
        subprocess.run([apt, "update", "-qq"], check=False)
        if (
            subprocess.run(
                [apt, "install", "-y", "-qq", "chromium", "fonts-noto-cjk"],
                stdout=subprocess.DEVNULL,
            ).returncode
            == 0
        ):
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def _is_root() -> bool:
    import os

    return hasattr(os, "geteuid") and os.geteuid() == 0


if __name__ == "__main__":
    sys.exit(main())
