"""A filter as it is sent, text or JSON, becomes a tree of bounded size. The package ``cql2`` parses
it, compiled from Rust; what would exhaust its stack is refused before.
"""

from __future__ import annotations

import json
import re
from typing import Any

import cql2

from webapp.i18n import gettext as _
from webapp.readers import shown

Node = Any
"""What CQL2 JSON holds: a number, a text, a truth value, None, a list, or an object of them."""
TEXT, JSON = "cql2-text", "cql2-json"
MOST_LENGTH = 8000
"""Characters of a filter."""
MOST_SIGNS = 500
"""Brackets and operators of a text: the parser takes some thousand of them, one in another."""
MOST_DEPTH = 40
MOST_OPERATIONS = 60
"""Operations but ``and``, ``or`` and ``not``, each of which looks at every feature,"""
MOST_LOOKS = 2_000_000
"""and how often that may be in all: some seconds."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_SIGN = re.compile(r"[-+*/%^=<>!(]|\b(?:and|or|not|like|in|between|is|div)\b", re.I | re.ASCII)
_JOINING = ("and", "or", "not")


def read(text: str, language: str, count: int) -> Node:
    """Read a filter of `count` features as what CQL2 JSON would hold.

    Raises
    ------
    ValueError
        It is too large, or cannot be read; with the place where the parser stopped.
    """
    if len(text) > MOST_LENGTH or "\x00" in text:
        raise ValueError(_("is longer than %(n)s characters or holds a zero byte", n=MOST_LENGTH))
    if language == TEXT and len(_SIGN.findall(_NUMBER.sub("0", text))) > MOST_SIGNS:
        raise ValueError(_("has more than %(n)s brackets and operators", n=MOST_SIGNS))
    try:
        tree = (
            cql2.parse_text(text).to_json()
            if language == TEXT
            else cql2.parse_json(json.dumps(json.loads(text, parse_constant=_refuse))).to_json()
        )
    except (cql2.ParseError, ValueError, RecursionError) as error:
        place = re.search(r"--> 1:(\d+)", str(error))
        at = text[max(0, int(place[1]) - 1) :] if place else ""
        raise ValueError(
            _("cannot be read as %(language)s at “%(text)s”", language=language, text=shown(at))
            if at
            else _("cannot be read as %(language)s", language=language)
        ) from None
    _check_size(tree, min(MOST_OPERATIONS, MOST_LOOKS // max(1, count)))
    return tree


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _check_size(tree: Node, most: int) -> None:
    """Refuse a tree that is too deep, or has too many operations."""
    todo, operations = [(tree, 0)], 0
    while todo:
        node, depth = todo.pop()
        if depth > MOST_DEPTH:
            raise ValueError(_("is nested deeper than %(n)s levels", n=MOST_DEPTH))
        if isinstance(node, dict):
            operations += "op" in node and node["op"] not in _JOINING
            within = node.get("args", ()) if "op" in node else ()
            todo += [(part, depth + 1) for part in within] if isinstance(within, list) else []
        elif isinstance(node, list):
            todo += [(part, depth + 1) for part in node if isinstance(part, dict | list)]
    if operations > most:
        raise ValueError(_("has more than %(n)s conditions", n=most))
