"""What is known of the parks that come with Zone Atlas, and files read without a process each."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geo import layers
from geo.exchange import formats, reading
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
