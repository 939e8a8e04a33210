"""The errors of Zone Atlas, and the sentences that they carry.

Each error is a sentence for a person. The command line prints it and exits with 1, the web app
answers with the status that stands in ``webapp.errors.ANSWERS``. Both translate it where they show
it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


class Message(str):
    """A sentence for a person, in English, that remembers what it was made of, so that whoever
    shows it can translate it.

    Parameters
    ----------
    text
        English, with a place such as ``%(name)s`` for each value; pybabel collects it. Without
        values it is taken as it is.
    values
        What is filled in. Messages among them are translated, too, and lists are joined with
        “and”.
    """

    text: str
    values: Mapping[str, Any]

    def __new__(cls, text: str, values: Mapping[str, Any] | None = None) -> Message:
        message = super().__new__(cls, _filled(text, values or {}, str))
        message.text, message.values = text, values or {}
        return message

    def __getnewargs__(self) -> tuple[str, Mapping[str, Any]]:  # type: ignore[override]
        return self.text, self.values

    def plain(self) -> dict[str, Any]:
        """Return its parts as JSON can hold them; :meth:`of_plain` reads them."""
        values = {
            name: value.plain() if isinstance(value, Message) else value
            for name, value in self.values.items()
        }
        return {"text": self.text, "values": values}

    @classmethod
    def of_plain(cls, parts: Mapping[str, Any]) -> Message:
        """Read what :meth:`plain` returned; `KeyError` or `TypeError` if these are other parts."""
        values = {
            name: cls.of_plain(value) if isinstance(value, dict) else value
            for name, value in parts["values"].items()
        }
        return cls(parts["text"], values)

    def translated(self, translate: Callable[[str], str]) -> str:
        """Return the sentence in another language; `translate` is called with each English text."""
        return _filled(self.text, self.values, translate)


def _filled(text: str, values: Mapping[str, Any], translate: Callable[[str], str]) -> str:
    def shown(value: Any) -> Any:
        if isinstance(value, Message):
            return value.translated(translate)
        return translate(AND).join(map(shown, value)) if isinstance(value, list) else value

    text = translate(text)
    return text % {name: shown(value) for name, value in values.items()} if values else text


AND = Message(" and ")


def behind(path: str, fault: str) -> Message:
    """Return a fault behind the path where it was found, such as ``stops[3].visit``."""
    return Message("%(path)s: %(fault)s", {"path": path, "fault": fault})


class AtlasError(Exception):
    """What the three errors have in common; raise one of the three instead.

    Parameters
    ----------
    message
        What was wrong, as one sentence.
    faults
        Every fault found, one line each, in the order of the input. They follow the message in
        ``str()``.
    """

    def __init__(self, message: str, faults: Iterable[str] = ()) -> None:
        self.message = message
        self.faults = tuple(faults)
        super().__init__("\n".join([message, *(f"  {fault}" for fault in self.faults)]))

    def said_in(self, translate: Callable[[str], str]) -> str:
        """Return what ``str()`` does, in another language."""
        message, *faults = (
            text.translated(translate) if isinstance(text, Message) else text
            for text in (self.message, *self.faults)
        )
        return "\n".join([message, *(f"  {fault}" for fault in faults)])


class InputError(AtlasError):
    """Something given to us is wrong."""


class NotFoundError(AtlasError):
    """A layer, feature, network or file that was asked for by name does not exist."""


class UnavailableError(AtlasError):
    """Something outside, such as a road server or an optional package, cannot be reached."""


class PreparingError(UnavailableError):
    """What is asked for is being prepared: ask again in some seconds."""
