"""Our scripts, which are modules of the browser: how a page names them, and how they become one
script of a file that must open without a server.

A page names only the module it begins with. Those it imports are announced beside it, so that the
browser fetches all of them at once. They have plain addresses, which the browser asks about each
time (``no-cache`` and an ETag), so a new version of one is never mixed with an old one of another.
A page on a disk can fetch no module: there all of them stand in one classic script, each in a
function of its own.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from flask import url_for
from markupsafe import Markup

from geo.errors import UnavailableError
from geo.maps import Frame

STATIC = Path(__file__).parent / "static"
BASEMAP = "vendor/protomaps-leaflet-5.1.0/protomaps-leaflet.js"
"""The library that draws the basemap; it is not a module and comes before ours."""
_IMPORT = re.compile(r'^import (?:\* as )?(\w+|\{[^}]*\}) from "\./(\w+\.js)";$', re.M)
_EXPORT = re.compile(r"^export (?=(?:const|(?:async )?function) ([\w$]+))", re.M)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.M)


@cache
def order(entry: str) -> tuple[str, ...]:
    """Return the names of a module and of all that it imports, each after those it needs.

    Raises
    ------
    graphlib.CycleError
        Modules import each other in a circle.
    """
    graph: dict[str, set[str]] = {}
    names = [entry]
    while names:
        name = names.pop()
        if name not in graph:
            graph[name] = {other for _, other in _IMPORT.findall(_read(name))}
            names += graph[name]
    return tuple(TopologicalSorter(graph).static_order())


def tags(entry: str) -> Markup:
    """Write the elements by which a page loads a module and announces those that it imports."""
    *needed, last = (url_for("static", filename=name) for name in order(entry))
    links = [Markup('<link rel="modulepreload" href="{}">').format(url) for url in sorted(needed)]
    script = Markup('<script type="module" src="{}"></script>').format(last)
    return Markup("\n").join([*links, script])


@cache
def bundle(entry: str) -> str:
    """Write a module and all that it imports as one classic script.

    Raises
    ------
    ValueError
        A module imports or exports in a form that this does not know.
    """
    return "\n".join(
        ['(() => {\n"use strict";\nconst modules = {};', *map(_wrapped, order(entry)), "})();\n"]
    )


def _wrapped(name: str) -> str:
    """Write a module as a function that is called once and returns what the module exports."""
    text = _read(name)
    exported = ", ".join(_EXPORT.findall(text))
    text = _EXPORT.sub("", _IMPORT.sub(r'const \1 = modules["\2"];', text))
    if left := _LEFT.search(text):
        raise ValueError(f"{name}: {left.group()}")
    return f'modules["{name}"] = (() => {{\n{text}return {{ {exported} }};\n}})();'


def inline(frame: Frame, entry: str) -> tuple[list[Markup], str]:
    """Return the scripts of a page with a map and one of our modules that needs no server, and the
    hashes by which a policy allows them alone.

    Raises
    ------
    UnavailableError
        A script would end the element that it stands in.
    """
    first, *others = map(_read, (*frame.scripts, BASEMAP))
    texts = [first, frame.script, *others, bundle(entry)]
    if any("</script" in text.lower() for text in texts):
        raise UnavailableError(
            "A script cannot be put into the file, because it ends the element it would stand in."
        )
    return [Markup(text) for text in texts], " ".join(map(hash_of, texts))


def hash_of(text: str) -> str:
    """Return the source by which a policy allows a script or a style of this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
