"""Sentences for a person, read from the source: what a message names, it is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"%\((\w+)\)")


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """Find each message that is written as a literal: its place, its text, the names given."""
    for package in ("geo", "webapp"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                if node.func.id != "Message" or len(node.args) != 2:
                    continue
                text, values = node.args
                if isinstance(text, ast.Constant) and isinstance(values, ast.Dict):
                    keys = {key.value for key in values.keys if isinstance(key, ast.Constant)}
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", str(text.value), keys


def test_a_message_is_given_what_it_names() -> None:
    """No message fails while it is filled in, and none is given a value that it does not show."""
    messages = list(calls())
    assert len(messages) > 100
    assert not [
        f"{place}: {sorted(set(PLACE.findall(text)) ^ names)}"
        for place, text, names in messages
        if set(PLACE.findall(text)) != names
    ]
