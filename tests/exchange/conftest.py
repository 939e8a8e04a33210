"""What is known of the parks that come with Zone Atlas, and files read without a process each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from postgres import Server

from geo import layers
from geo.exchange import database, formats, reading
from geo.exchange.book import Book
from geo.exchange.known import Known
from webapp.catalogues import province_names


@pytest.fixture(scope="session")
def known() -> Known:
    return Known.read(layers.bundled(), "parks", province_names)


@pytest.fixture(scope="session")
def parks() -> pd.DataFrame:
    return pd.read_csv(layers.bundled() / "parks.csv")


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files without a process for each."""

    apart = reading.read_apart

    def read(path: Path, part: str, encoding: str, words: frozenset[str]) -> formats.Table:
        if not Path(path).is_file():
            return apart(path, part, encoding, words)
        return formats.read(Path(path).read_bytes(), part, encoding, words)

    monkeypatch.setattr(reading, "read_apart", read)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL with PostGIS, for this process."""
    server = Server()
    yield server
    server.end()


@pytest.fixture(scope="session")
def template(postgresql: Server) -> str:
    """Name of a database that holds the tables of a book: to copy it takes less than to make it."""
    url = postgresql.database()
    assert Book(url).engine
    database.connect(url).dispose()
    return url.split("@/")[1].split("?")[0]


@pytest.fixture
def postgres_store(postgresql: Server, template: str) -> Iterator[str]:
    """The address of an empty book in PostgreSQL."""
    url = postgresql.database(template)
    yield url
    database.connect(url).dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty book, in each kind of database."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_store")
        return
    url = database.address(tmp_path)
    yield url
    database.connect(url).dispose()


@pytest.fixture
def book(store: str) -> Book:
    return Book(store)
