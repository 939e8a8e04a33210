"""Run everything that must pass: lint, formatting, types, dependencies and tests, all at once.

If there is not a browser yet, it installs one first.

``make test`` calls it; on Windows, ``.venv\\Scripts\\python tests\\run.py`` does. Arguments go to
pytest."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m"]
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
DEBIAN = ("chromium-headless-shell", "chromium")
"""Packages of Debian, the better one first: a browser without windows takes a tenth less time."""
NOT_TESTS = r"\.venv|bench|data|docs"
"""A regular expression of what needs more packages than the tests do."""
ROOMS = sorted(f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if path.is_dir())
CHECKS = (
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["deno", "fmt", "--check"],
    ["deno", "lint"],
    ["tests.project.check_types"],
    ["djlint", "--lint", "--quiet", "webapp/templates"],
    ["deptry", "."],
    ["deptry", ".", "tests", *ROOMS, "--exclude", NOT_TESTS, "--ignore", "DEP002,DEP004"],
)
TESTS = ["pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
"""The browser tests, which take longest, begin: the files stay in their order."""


def main() -> int:
    _browser()
    with ThreadPoolExecutor(1) as beside:
        checks = [beside.submit(_check, step) for step in CHECKS]
        tests = [*TESTS, "--no-loadscope-reorder", *sys.argv[1:]]
        failed = [tests] if subprocess.run([*PYTHON, *tests], cwd=ROOT).returncode else []
        for step, check in zip(CHECKS, checks, strict=True):
            if check.result().returncode:
                print(check.result().stdout, file=sys.stderr)
                failed.append(step)
    for step in failed:
        print("failed:", " ".join(step), file=sys.stderr)
    return 1 if failed else 0


def _check(step: list[str]) -> subprocess.CompletedProcess[str]:
    """Run one check, beside the tests; its output is shown if it fails."""
    return subprocess.run(
        [*PYTHON, *step], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _browser() -> None:
    """Install Chromium where no browser is found: Debian's as root, else Playwright's own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if any(map(shutil.which, BROWSERS)) or Path(playwright.chromium.executable_path).exists():
            return
    apt = shutil.which("apt-get")
    if apt and _is_root():
        subprocess.run([apt, "update", "-qq"], check=False)
        for package in DEBIAN:
            command = [apt, "install", "-y", "-qq", package, "fonts-noto-cjk"]
            if subprocess.run(command, stdout=subprocess.DEVNULL).returncode == 0:
                return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def _is_root() -> bool:
    import os

    return hasattr(os, "geteuid") and os.geteuid() == 0


if __name__ == "__main__":
    sys.exit(main())
