"""Codings of answers: what a client takes, in which it is answered, and how often it is packed."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp import compress
from webapp.compress import BEST, CODINGS, GOOD, KEPT, QUICK, Forms

pytest_plugins = ("web",)

UNPACK: dict[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}
BROWSER = "gzip, deflate, br, zstd"
STAMP = re.compile(rb'^\{"timeStamp":"[-0-9T:Z]{20}"')
"""When a page of items was answered, to the second: two answers may differ in it."""
PATHS = {
    "a static file": "/static/app.css",
    "a script": "/static/vendor/leaflet-1.9.4/leaflet.js",
    "a page": "/",
    "a page that is kept": "/sites/dong-mai-ip",
    "a layer": "/api/map/gates.json",
    "a page of items": "/ogc/collections/parks/items?f=json&limit=50",
    "a page of items as JSON-FG": "/ogc/collections/parks/items?f=jsonfg&profile=jsonfg-plus",
    "a page of items as a file": "/ogc/collections/parks/items?f=fgb",
    "a drawing": "/download/parks.dxf?epsg=32648",
}
"""Text that is sent in each of the ways there are."""


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_each_coding_reads_back(client: FlaskClient, path: str) -> None:
    """A client that takes one coding gets the bytes of one that takes none; what a browser gets is
    at most a hundredth larger than what gzip makes of it, and may be kept apart.
    """
    texts, sizes = set(), {}
    for accepts in ("", "identity", "gzip", "br", BROWSER):
        with client.get(path, headers={"Accept-Encoding": accepts}) as answer:
            text = UNPACK[answer.headers.get("Content-Encoding")](answer.data)
            assert "Accept-Encoding" in answer.vary
            assert int(answer.headers["Content-Length"]) == len(answer.data)
            texts.add(STAMP.sub(b"", text, count=1))
            sizes[accepts] = len(answer.data)
    assert len(texts) == 1
    assert sizes[BROWSER] < 1.01 * sizes["gzip"] < sizes["identity"] == sizes[""]


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_tag_holds_for_no_other_bytes(client: FlaskClient, path: str) -> None:
    """A strong tag belongs to one sequence of bytes; forms that share a tag have a weak one."""
    bytes_of: dict[str, bytes] = {}
    for accepts in ("", "gzip", "br"):
        with client.get(path, headers={"Accept-Encoding": accepts}) as answer:
            tag = answer.headers.get("ETag", "W/")
            if not tag.startswith("W/"):
                assert bytes_of.setdefault(tag, answer.data) == answer.data


def test_the_client_weighs_the_codings(app: Flask) -> None:
    """The coding with the greatest weight is taken, of equal ones the better; none that is
    forbidden or not named, and none where the client would rather have the bytes as they are.
    """
    for header, expected in {
        "gzip": "gzip",
        "GZIP": "gzip",
        "br": "br",
        "br, gzip": "br",
        "gzip, br": "br",
        "gzip;q=1.0, br;q=0.9": "gzip",
        "gzip;q=0.2, br;q=0.3, identity;q=0.1": "br",
        "gzip;q=0.2, identity;q=0.5": None,
        "identity": None,
        "*": "br",
        "*;q=0": None,
        "br;q=0, *": "gzip",
        "br;q=0, gzip;q=0": None,
        "zstd, deflate": None,
        "": None,
        "gzip;q=x": None,
        "x" * 300 + ", gzip": "gzip",
    }.items():
        with app.test_request_context(headers={"Accept-Encoding": header}):
            assert compress.coding() == expected, header


def test_a_static_file_is_compressed_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is asked for, and with the greatest effort; an answer made for one request
    with the least.
    """
    efforts: list[tuple[str, compress.Effort]] = []
    pack = compress.pack

    def counting(data: bytes, coding: str, effort: compress.Effort) -> bytes:
        efforts.append((coding, effort))
        return pack(data, coding, effort)

    monkeypatch.setattr(compress, "pack", counting)
    for _ in range(3):
        for coding in CODINGS:
            client.get("/static/trip.js", headers={"Accept-Encoding": coding}).close()
    assert efforts == [("br", BEST), ("gzip", BEST)]
    efforts.clear()
    for _ in range(2):
        client.get("/", headers={"Accept-Encoding": "br"})
    assert efforts == [("br", QUICK)] * 2


def test_more_effort_makes_less(client: FlaskClient) -> None:
    """On a page of ours, each effort is worth what it takes, in every coding."""
    data = client.get("/sites/dong-mai-ip").data
    for coding in CODINGS:
        sizes = [len(compress.pack(data, coding, effort)) for effort in (QUICK, KEPT, BEST)]
        assert sizes == sorted(sizes, reverse=True)
    quick = {coding: len(compress.pack(data, coding, QUICK)) for coding in CODINGS}
    assert quick["br"] < quick["gzip"]


def test_what_is_large_is_not_pressed_hardest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second a megabyte is too long for a layer of many megabytes."""
    data = b"0123456789" * 100
    monkeypatch.setattr(compress, "BEST_BYTES", len(data))
    assert compress.pack(data, "br", BEST) == brotli.compress(data, quality=BEST.brotli)
    assert compress.pack(data + b"!", "br", BEST) == brotli.compress(
        data + b"!", quality=GOOD.brotli
    )


def test_forms_are_the_same_bytes() -> None:
    """Each form is made once, and reads back, whatever the bytes are."""
    for data in (b"", b"a", bytes(range(256)) * 50):
        forms = Forms(data, KEPT)
        for coding in (None, *CODINGS):
            assert UNPACK[coding](forms.get(coding)) == data
            assert forms.get(coding) is forms.get(coding)
