"""A filter is evaluated on all features at once. What is wrong with it is a `ValueError` with a
sentence; names of the language are quoted as the client wrote them.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from webapp.i18n import N_
from webapp.i18n import gettext as _
from webapp.ogc.cql import places, times
from webapp.ogc.cql.reading import Node
from webapp.ogc.cql.values import (
    Bools,
    Kind,
    Value,
    both,
    constant,
    decided,
    either,
    finite,
    holds,
    mapped,
    opposite,
)
from webapp.ogc.systems import System
from webapp.readers import shown

Columns = Mapping[str, Callable[[], Value]]
"""How the values of each queryable are had."""
KINDS: dict[Kind, str] = {
    "text": N_("a text"),
    "number": N_("a number"),
    "truth": N_("a truth value"),
    "time": N_("a time"),
    "shape": N_("a geometry"),
    "list": N_("a list"),
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": np.fmod,
    "div": lambda a, b: np.trunc(a / b),
    "^": np.power,
}
SETS: dict[str, Callable[[Any, Any], bool]] = {
    "a_equals": lambda a, b: a == b,
    "a_contains": lambda a, b: a >= b,
    "a_containedby": lambda a, b: a <= b,
    "a_overlaps": lambda a, b: bool(a & b),
}
STROKED = str.maketrans("ĐđŁłØøĦħŦŧıÆæŒœß", "DdLlOoHhTtiAaOos")
"""Letters whose stroke is not a mark of its own in Unicode."""
_MARKS = dict.fromkeys(code for code in range(0x300, 0x20000) if unicodedata.combining(chr(code)))


def selected(tree: Node, columns: Columns, count: int, system: System) -> Bools:
    """Return for which of `count` features a filter holds; where that is unknown, it does not.

    Parameters
    ----------
    system
        That of the coordinates in the filter.
    """
    value = _Evaluation(columns, system).truth(tree)
    return np.broadcast_to(holds(value), count)


def without_marks(text: str) -> str:
    """Return a text without accents and other marks."""
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFD", text.translate(STROKED)).translate(_MARKS)
    return unicodedata.normalize("NFC", bare)


def like(pattern: str) -> Callable[[str], bool]:
    """Build the check against a pattern: ``%`` is any text, ``_`` any character, and either is
    itself after a backslash.

    The parts between two ``%`` are looked for one after the other, so the time is in proportion to
    the text, whatever the pattern."""
    parts: list[str] = [""]
    for escaped, sign in re.findall(r"(\\)?(.)", pattern, re.DOTALL):
        if escaped or sign not in "%_":
            parts[-1] += re.escape(sign)
        elif sign == "_":
            parts[-1] += "."
        else:
            parts.append("")
    first, *middle = (
        re.compile(part, re.DOTALL) for part in [parts[0], *filter(None, parts[1:-1])]
    )
    if len(parts) == 1:
        return lambda text: first.fullmatch(text) is not None
    last = re.compile(f"(?:{parts[-1]})\\Z", re.DOTALL)
    width = len(re.sub(r"\\(.)", r"\1", parts[-1], flags=re.DOTALL))

    def matches(text: str) -> bool:
        at = 0
        for find in (first.match, *(part.search for part in middle)):
            match = find(text, at)
            if match is None:
                return False
            at = match.end()
        return len(text) - width >= at and last.match(text, len(text) - width) is not None

    return matches


class _Evaluation:
    """One filter on the features of one layer."""

    def __init__(self, columns: Columns, system: System) -> None:
        self.columns, self.system = columns, system
        self._texts: dict[str, Value] = {}

    # What a part is ---------------------------------------------------------------------------

    def value(self, node: Node) -> Value:
        if isinstance(node, bool):
            return constant("truth", node)
        if isinstance(node, float | int):
            return constant("number", float(node))
        if isinstance(node, str):
            return constant("text", unicodedata.normalize("NFC", node))
        if isinstance(node, list):
            return self._list(node)
        if isinstance(node, dict):
            return self._object(node)
        raise ValueError(_("holds null; ask IS NULL instead"))

    def _object(self, node: dict[str, Node]) -> Value:
        if "op" in node:
            return self._operation(node["op"], node.get("args"))
        if "property" in node:
            return self._column(node["property"])
        if "date" in node or "timestamp" in node:
            text = str(node.get("date", node.get("timestamp")))
            if (len(text) == 10) != ("date" in node):
                raise ValueError(
                    _("“%(text)s” is not a date, or a time such as 2026-01-31T08:00:00Z", text=text)
                )
            return times.literal(text)
        if "interval" in node:
            ends = node["interval"]
            if not isinstance(ends, list) or len(ends) != 2:
                raise ValueError(_("has an interval without two ends"))
            return times.between(*(None if end == ".." else self.time(end) for end in ends))
        if "bbox" in node or "type" in node:
            return places.literal(node, self.system)
        raise ValueError(_("holds what CQL2 does not know: %(text)s", text=shown(str(node))))

    def _column(self, name: Node) -> Value:
        if not isinstance(name, str) or name not in self.columns:
            known = ", ".join(self.columns)
            raise ValueError(
                _("names “%(name)s”; there are %(known)s", name=shown(str(name)), known=known)
            )
        return self.columns[name]()

    def _list(self, nodes: list[Node]) -> Value:
        values = [self.value(node) for node in nodes]
        if not all(value.is_constant and value.kind in ("text", "number") for value in values):
            raise ValueError(_("has a list of other than texts and numbers"))
        return constant("list", frozenset(value.data[0] for value in values))

    # What it is asked to be -------------------------------------------------------------------

    def truth(self, node: Node) -> Value:
        return self._of_kind(self.value(node), "truth")

    def text(self, node: Node) -> Value:
        return self._of_kind(self.value(node), "text")

    def number(self, node: Node) -> Value:
        return self._of_kind(self.value(node), "number")

    def shape(self, node: Node) -> Value:
        return self._of_kind(self.value(node), "shape")

    def time(self, node: Node) -> Value:
        return (
            times.literal(node)
            if isinstance(node, str)
            else self._of_kind(self.value(node), "time")
        )

    def list(self, node: Node) -> Value:
        return self._of_kind(self.value(node), "list")

    def _of_kind(self, value: Value, kind: Kind) -> Value:
        """Read a text as the time or the list that it is asked to be, and a list as its text."""
        if value.kind == "text" and kind == "time":
            return times.dated(value)
        if value.kind == "text" and kind == "list":
            return mapped(value, lambda text: frozenset(filter(None, text.split(";"))), "list")
        if value.kind != kind:
            raise ValueError(
                _(
                    "has %(found)s where it needs %(needed)s",
                    found=_(KINDS[value.kind]),
                    needed=_(KINDS[kind]),
                )
            )
        return value

    # Operations -------------------------------------------------------------------------------

    def _operation(self, name: Node, nodes: Node) -> Value:
        make, count = self._known(name.lower() if isinstance(name, str) else "")
        if not isinstance(nodes, list) or (len(nodes) != count if count else not nodes):
            raise ValueError(
                _("gives %(name)s another number of arguments than it takes", name=shown(str(name)))
            )
        return make(*nodes)

    def _known(self, name: str) -> tuple[Callable[..., Value], int]:
        """Find an operation, and how many arguments it takes, 0 for any number."""
        simple: dict[str, tuple[Callable[..., Value], int]] = {
            "and": (lambda *nodes: both([self.truth(node) for node in nodes]), 0),
            "or": (lambda *nodes: either([self.truth(node) for node in nodes]), 0),
            "not": (lambda node: opposite(self.truth(node)), 1),
            "isnull": (lambda node: _unknown(self.value(node)), 1),
            "between": (self._between, 3),
            "in": (self._in, 2),
            "like": (self._like, 2),
            "casei": (lambda node: self._changed("casei", node, str.casefold), 1),
            "accenti": (lambda node: self._changed("accenti", node, without_marks), 1),
        }
        if name in simple:
            return simple[name]
        if name in COMPARISONS:
            return lambda a, b: self._compare(name, self.value(a), self.value(b)), 2
        if name in ARITHMETIC:
            return lambda a, b: self._compute(name, self.number(a), self.number(b)), 2
        if name in places.RELATIONS:
            return lambda a, b: places.related(name, self.shape(a), self.shape(b)), 2
        if name in times.RELATIONS:
            return lambda a, b: times.related(name, self.time(a), self.time(b)), 2
        if name in SETS:
            return lambda a, b: self._sets(name, self.list(a), self.list(b)), 2
        raise ValueError(_("names a function that there is not: %(name)s", name=shown(name)))

    def _compare(self, sign: str, a: Value, b: Value) -> Value:
        if "time" in (a.kind, b.kind):
            return _timed(sign, self._of_kind(a, "time"), self._of_kind(b, "time"))
        if a.kind != b.kind or a.kind in ("shape", "list"):
            raise ValueError(
                _(
                    "compares %(a)s with %(b)s by %(sign)s",
                    a=_(KINDS[a.kind]),
                    b=_(KINDS[b.kind]),
                    sign=sign,
                )
            )
        return decided(COMPARISONS[sign](a.data, b.data), a, b)

    def _between(self, node: Node, low: Node, high: Node) -> Value:
        value, ends = self.value(node), (self.value(low), self.value(high))
        return both([self._compare(">=", value, ends[0]), self._compare("<=", value, ends[1])])

    def _in(self, node: Node, nodes: Node) -> Value:
        if not isinstance(nodes, list) or not nodes:
            raise ValueError(_("has IN without a list"))
        value, items = self.value(node), [self.value(item) for item in nodes]
        plain = value.kind in ("text", "number")
        if plain and all(item.is_constant and item.kind == value.kind for item in items):
            return decided(pd.Series(value.data).isin([item.data[0] for item in items]), value)
        return either([self._compare("=", value, item) for item in items])

    def _like(self, node: Node, pattern: Node) -> Value:
        value, patterns = self.text(node), self.text(pattern)
        if not patterns.is_constant:
            raise ValueError(_("has LIKE without a pattern that is the same for all"))
        matches = mapped(value, like(patterns.data[0]))
        return decided(matches.data.astype(bool), value)

    def _changed(self, name: str, node: Node, change: Callable[[str], str]) -> Value:
        """Change texts, once for all conditions that ask it of the same ones."""
        key = name + repr(node)
        if key not in self._texts:
            self._texts[key] = mapped(self.text(node), change)
        return self._texts[key]

    def _compute(self, sign: str, a: Value, b: Value) -> Value:
        with np.errstate(all="ignore"):
            result = finite(ARITHMETIC[sign](a.data, b.data))
        return Value("number", result.data, result.known & a.known & b.known)

    def _sets(self, name: str, a: Value, b: Value) -> Value:
        pairs = zip(*np.broadcast_arrays(a.data, b.data), strict=True)
        return decided([SETS[name](first, second) for first, second in pairs], a, b)


def _unknown(value: Value) -> Value:
    return Value("truth", ~value.known, np.ones(len(value.known), bool))


def _timed(sign: str, a: Value, b: Value) -> Value:
    """Compare times; a year may be neither before nor after a day of it."""
    if sign in ("=", "<>"):
        same = times.equal(a, b)
        return same if sign == "=" else opposite(same)
    if sign in (">", ">="):
        a, b = b, a
    return times.less(a, b, or_equal=sign.endswith("="))
