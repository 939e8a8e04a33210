"""Texts of the data that there are only in English are marked as English on other pages."""

from __future__ import annotations

from contextlib import suppress
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from geo import layers
from geo.errors import NotFoundError
from geo.schema import LAYERS

TEXTS = ("notes", "utilities", "cross_section", "product")
"""Columns of sentences and remarks, which are in English; names are names in any language."""
LONG = 12
"""Letters: a shorter text may be a word of another language."""
VOID = frozenset(("meta", "link", "input", "img", "br", "hr", "path", "rect", "circle", "line"))
PAGES = (
    *(f"/sites/{key}" for key in ("dong-mai-ip", "van-don-ez", "port-lach-huyen-hict")),
    *(f"/sites/{key}" for key in ("mong-cai-bac-luan-2", "huu-nghi", "texhong-hai-ha-ip")),
    "/sites/dong-mai-ip/factsheet",
    "/sites/texhong-hai-ha-ip/factsheet",
    "/compare?pick=dong-mai-ip&pick=texhong-hai-ha-ip",
    "/shortlist.html?pick=dong-mai-ip,texhong-hai-ha-ip",
    "/planned?year=2030",
    "/data",
    "/table?layer=corridors",
    "/table?layer=gates",
    "/table?layer=projects",
    "/chain?place=supplier~dong-mai-ip&place=port~port-lach-huyen-hict",
    "/cost?pick=dong-mai-ip&pick=texhong-hai-ha-ip",
)


class Words(HTMLParser):
    """The pieces of text of a page, each with the language it is marked as."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, str]] = []
        self.pieces: list[tuple[str, str]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            held = self.stack[-1][1] if self.stack else ""
            self.stack.append((tag, dict(attrs).get("lang") or held))

    def handle_endtag(self, tag: str) -> None:
        while any(tag == name for name, _lang in self.stack):
            if self.stack.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1][0] not in ("script", "style", "title", "textarea"):
            self.pieces.append((" ".join(data.split()), self.stack[-1][1]))


@pytest.fixture(scope="module")
def english() -> set[str]:
    """The English texts of all layers."""
    texts, names = set[str](), list[str]()
    for layer in LAYERS:
        with suppress(NotFoundError):
            frame = layers.read(layers.bundled(), layer)
            columns = [name for name in TEXTS if name in frame]
            texts |= {str(cell) for name in columns for cell in frame[name].dropna()}
            names += [str(name) for name in frame.get("name_en", ())]
    called = "\n".join(names)
    return {" ".join(text.split()) for text in texts if len(text) > LONG and text not in called}


@pytest.mark.parametrize("lang", ["vi", "zh"])
@pytest.mark.parametrize("page", PAGES)
def test_english_texts_of_the_data_are_marked(
    client: FlaskClient, english: set[str], page: str, lang: str
) -> None:
    """Whatever a page in another language shows of them stands in an element of English."""
    answer = client.get(f"{page}{'&' if '?' in page else '?'}lang={lang}")
    assert answer.status_code == 200, answer.text[:200]
    unmarked = [
        piece
        for piece, of in Words(answer.text).pieces
        if of != "en" and any(text in piece for text in english)
    ]
    assert not unmarked
