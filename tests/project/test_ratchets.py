"""Counts that may only fall: words that read like a translation, long files and functions.

They stand in ``ratchets.json``, with the share of expressions whose type is not known
(:mod:`check_types`); ``python tests/project/test_ratchets.py`` lowers those that have fallen.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import check_types
import pytest
from test_house import own_files

ROOT = Path(__file__).resolve().parents[2]
TREES = ("geo", "webapp", "tests")
NAMES = ("one", "found", "told", "said", "made", "given", "out")

BEGINS = "docstrings that begin with Give, Say or Tell"
IS_NO = "the words “is no” and “are no”"
WORDS = (BEGINS, IS_NO, *(f"{name} as a name" for name in NAMES))
"""What reads like a translation."""

MAX_FILE, MAX_FUNCTION, MAX_COMPLEXITY = 400, 60, 15
"""Lines of a file, lines of the body of a function, branches of a function."""

TABLE = Path(__file__).with_name("ratchets.json")
COUNTS = json.loads(TABLE.read_text(encoding="utf-8"))
"""How often each pattern is used, what is longer than that, and the percentage of Any."""

LOWER = "run python tests/project/test_ratchets.py, which lowers the counts"


@cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax tree of each Python file, by its path."""
    paths = [path for tree in TREES for path in sorted((ROOT / tree).rglob("*.py"))]
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in paths
        if "_data" not in path.parts
    }


def docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def comments(path: str) -> str:
    with tokenize.open(ROOT / path) as file:
        tokens = tokenize.generate_tokens(file.readline)
        return "\n".join(token.string for token in tokens if token.type == tokenize.COMMENT)


def words() -> dict[str, list[str]]:
    """Find the places of each pattern of ``WORDS``."""
    places: dict[str, list[str]] = {pattern: [] for pattern in WORDS}
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    prose = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in pages
        if path.name != "CHANGELOG.md"
        and not {"build", "generated"} & set(path.relative_to(ROOT).parts)
    }
    for path, tree in trees().items():
        texts = list(docstrings(tree))
        prose[path] = "\n".join([comments(path), *(str(text.value) for text in texts)])
        for text in texts:
            if re.match(r"(Give|Say|Tell)s?\b", str(text.value)):
                places[BEGINS].append(f"{path}:{text.lineno}")
        for node in ast.walk(tree):
            name = node.arg if isinstance(node, ast.arg) else ""
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                name = node.id
            if name in NAMES:
                places[f"{name} as a name"].append(f"{path}:{node.lineno}")
    for path, text in prose.items():
        if path != "tests/project/test_ratchets.py":
            places[IS_NO] += [path] * len(re.findall(r"\b(?:is|are)\s+no\b", text))
    return places


def long_files() -> dict[str, int]:
    """Count the lines of the files that are too long."""
    counts = {}
    for path in own_files(".py", ".js", ".css", ".html"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_FILE:
            counts[path.relative_to(ROOT).as_posix()] = lines
    return counts


def long_functions() -> dict[str, int]:
    """Count the lines of the functions that are too long; compiled kernels may be."""
    counts = {}
    for path, tree in trees().items():
        if path.startswith("tests/") or Path(path).name.startswith("_"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                body = node.body[ast.get_docstring(node) is not None :]
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > MAX_FUNCTION:
                    counts[f"{path}: {node.name}"] = lines
    return counts


def complex_functions() -> dict[str, int]:
    """Count the branches of the functions that have too many, by ruff."""
    command = [sys.executable, "-m", "ruff", "check", "geo", "webapp", "--select", "C901"]
    command += ["--config", f"lint.mccabe.max-complexity={MAX_COMPLEXITY}"]
    command += ["--output-format", "json", "--exit-zero"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    counts = {}
    for fault in json.loads(run.stdout):
        name, count = re.match(r"`(\w+)` is too complex \((\d+) >", fault["message"]).groups()  # type: ignore[union-attr]
        path = Path(fault["filename"]).relative_to(ROOT).as_posix()
        if not Path(path).name.startswith("_"):
            counts[f"{path}: {name}"] = int(count)
    return counts


@pytest.fixture(scope="module")
def places() -> dict[str, list[str]]:
    return words()


@pytest.mark.parametrize("pattern", WORDS)
def test_words_that_read_like_a_translation_only_fall(
    places: dict[str, list[str]], pattern: str
) -> None:
    """A pattern is not used more often than it was, and its count here is the real one."""
    count = len(places[pattern])
    most = COUNTS["words"][pattern]
    assert count <= most, f"{count} × {pattern}, {most} before: {places[pattern]}"
    assert count == most, f"{count} × {pattern}, {most} before: {LOWER}"


def test_files_stay_short() -> None:
    """A file above 400 lines has two ideas: those that are above do not grow."""
    only_falls(long_files(), COUNTS["long files"])


def test_functions_stay_short() -> None:
    """A function has at most 60 lines, or is one of those that were longer and do not grow."""
    only_falls(long_functions(), COUNTS["long functions"])


def test_functions_stay_simple() -> None:
    """A function has at most 15 branches, or is one of those that had more."""
    only_falls(complex_functions(), COUNTS["complex functions"])


def only_falls(counts: dict[str, int], table: dict[str, int]) -> None:
    """Check that nothing has grown, and that whatever is short enough has left the table."""
    assert not {name: count for name, count in counts.items() if count > table.get(name, 0)}
    assert not table.keys() - counts.keys(), LOWER


def lower(table: Any, today: Any) -> Any:
    """Return the lower of each two counts; what is in the table no more leaves it."""
    if isinstance(table, dict):
        return {name: lower(count, today[name]) for name, count in table.items() if name in today}
    return min(table, today)


if __name__ == "__main__":
    today = {
        "words": {pattern: len(where) for pattern, where in words().items()},
        "long files": long_files(),
        "long functions": long_functions(),
        "complex functions": complex_functions(),
        "any percent": check_types.check()[1],
    }
    text = json.dumps(lower(COUNTS, today), indent=2, ensure_ascii=False)
    TABLE.write_text(text + "\n", encoding="utf-8")
