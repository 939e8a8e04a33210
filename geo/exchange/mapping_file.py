"""A mapping of columns and the answers to questions, kept as a small file for the next time."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geo.errors import InputError, Message
from geo.exchange.columns import is_of
from geo.schema import Layer

MAX_BYTES = 200_000


@dataclass(frozen=True)
class Kept:
    """What was decided of a file.

    Attributes
    ----------
    columns
        Field by header, empty for a column that is left out.
    answers
        Choices by the key of a question.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Write it as :func:`read` reads it."""
        parts = {"columns": dict(self.columns), "answers": dict(self.answers)}
        return json.dumps(parts, ensure_ascii=False, indent=2) + "\n"


def read(path: str | os.PathLike[str], layer: Layer) -> Kept:
    """Read a kept mapping.

    Raises
    ------
    InputError
        The file is not one, or names a field that the layer does not have.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError
        parts = json.loads(path.read_text(encoding="utf-8-sig"))
        kept = Kept(**{name: dict(parts.get(name, {})) for name in ("columns", "answers")})
        texts = [*kept.columns.items(), *kept.answers.items()]
        if not all(isinstance(text, str) for pair in texts for text in pair):
            raise TypeError
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        raise InputError(
            Message(
                "%(file)s is not a mapping: a JSON file with “columns” and “answers”.",
                {"file": path.name},
            )
        ) from None
    wrong = [name for name in kept.columns.values() if name and not is_of(name, layer)]
    if wrong:
        raise InputError(
            Message(
                "%(file)s names “%(field)s”, which is not a field of the layer %(layer)s.",
                {"file": path.name, "field": wrong[0], "layer": layer.id},
            )
        )
    return kept
