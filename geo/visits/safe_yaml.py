"""Read YAML as mappings, lists and text, so that nothing is guessed, and refuse what may do harm or
is written twice.

Text stays as it was written: with the usual rules ``17:30`` would be the number 1050, ``no`` a
truth value and ``2026-12-01`` a date. Tags and anchors are refused, and size and depth are limited:
a few lines of aliases can stand for gigabytes."""

from __future__ import annotations

from typing import Any

import yaml

from geo.errors import InputError, Message, behind

MAX_BYTES = 200_000
MAX_DEPTH = 8


def read(text: str | bytes, origin: str = Message("The text")) -> Any:
    """Read a document.

    Returns
    -------
    dict, list or str
        Empty text for an empty document.

    Raises
    ------
    InputError
        It is too large, no UTF-8, no YAML, has more than one document, or holds anchors, aliases,
        tags or a key that stands twice in a mapping; every place is listed.
    """
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise InputError(
            Message(
                "%(origin)s has %(size)s bytes; %(most)s are allowed.",
                {"origin": origin, "size": f"{size:,}", "most": f"{MAX_BYTES:,}"},
            )
        )
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        faults = _forbidden(text)
        node = None if faults else yaml.compose(text, Loader=yaml.BaseLoader)
    except UnicodeDecodeError:
        raise InputError(
            Message("%(origin)s is not written in UTF-8.", {"origin": origin})
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark or yaml.Mark("", 0, 0, 0, None, 0)
        raise InputError(
            Message(
                "%(origin)s cannot be read as YAML, line %(line)s, column %(column)s"
                " (“%(problem)s”).",
                {
                    "origin": origin,
                    "line": mark.line + 1,
                    "column": mark.column + 1,
                    "problem": error.problem or error.context,
                },
            )
        ) from None
    except yaml.YAMLError:  # a character that must not stand in YAML has no line
        raise InputError(
            Message(
                "%(origin)s cannot be read as YAML: it holds control characters.",
                {"origin": origin},
            )
        ) from None
    document = "" if node is None else _plain(node, "", faults)
    if faults:
        raise InputError(Message("%(origin)s is not plain YAML:", {"origin": origin}), faults)
    return document


def write(document: Any) -> str:
    """Write mappings, lists and text as YAML that :func:`read` gives back equal; keys keep their
    order.
    """
    written: str = yaml.dump(
        document,
        Dumper=_Plain,
        allow_unicode=True,
        sort_keys=False,
        width=120,
        default_flow_style=False,
    )
    return written


class _Plain(yaml.SafeDumper):
    """Writes what stands in several places several times, since :func:`read` refuses anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _forbidden(text: str) -> list[str]:
    """List what must not be in it, from the events: nothing is built before this is known."""
    faults: list[str] = []
    depth = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        mark = event.start_mark
        at = Message("line %(line)s", {"line": mark.line + 1 if mark else 1})
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            faults.append(
                behind(at, Message("anchors and aliases (& and *) are not allowed; write it out"))
            )
        elif getattr(event, "tag", None):
            faults.append(behind(at, Message("tags (!) are not allowed")))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return [
                    *faults,
                    behind(at, Message("deeper than %(levels)s levels", {"levels": MAX_DEPTH})),
                ]
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return faults


def _plain(node: Any, path: str, faults: list[str]) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(entry, f"{path}[{number}]", faults) for number, entry in enumerate(node.value)
        ]
    mapping: dict[str, Any] = {}
    for key, value in node.value:
        at = Message("line %(line)s", {"line": key.start_mark.line + 1})
        if not isinstance(key, yaml.ScalarNode):
            faults.append(behind(at, Message("a key must be text")))
            continue
        inner = f"{path}.{key.value}" if path else key.value
        if key.value in mapping:
            faults.append(behind(at, behind(inner, Message("stands twice"))))
        mapping[key.value] = _plain(value, inner, faults)
    return mapping
