"""Large files from a stand-in for a file server: what arrives is the file of the server, whole, or
nothing.
"""

from __future__ import annotations

import hashlib
import random
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from file_server import Stand, serving

from geo.errors import AtlasError, InputError, UnavailableError
from geo.roads import fetching
from geo.roads.fetching import Patience, Source

OLD = random.Random(1).randbytes(1_000_000)
NEW = random.Random(2).randbytes(1_100_000)
FILE = "/land-latest.osm.pbf"
CUT = 18 * fetching.BLOCK


@pytest.fixture
def server() -> Iterator[Stand]:
    """A server of one file."""
    with serving(Stand(files={FILE: OLD})) as stand:
        yield stand


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the pauses that were made, none of which lasts."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is to be, in a folder that is not there yet."""
    return tmp_path / "extracts" / "land.osm.pbf"


def fetch(
    server: Stand,
    path: Path,
    *,
    md5: bool = True,
    sha256: str = "",
    attempts: int = 5,
    **says: object,
) -> bool:
    """Fetch the file of the server, with its MD5 beside it."""
    url = server.url + FILE
    source = Source(url, f"{url}.md5" if md5 and not sha256 else "", sha256)
    return fetching.fetch(source, path, patience=Patience(attempts, 1, 5), **says)  # type: ignore[arg-type]


def refused(call: Callable[[], object], *words: str) -> str:
    """Return the one sentence with which something was refused."""
    with pytest.raises(UnavailableError) as error:
        call()
    sentence = str(error.value)
    assert len(sentence.splitlines()) == 1
    for word in words:
        assert word in sentence
    return sentence


def left(path: Path) -> list[str]:
    """Return the files in the folder of the goal."""
    return sorted(each.name for each in path.parent.iterdir()) if path.parent.is_dir() else []


def test_a_whole_file_through_a_redirect(server: Stand, path: Path) -> None:
    """A file to which the server redirects arrives, over one connection at a time, with the name of
    the project, and the bytes are told up to the last.
    """
    server.files = {
        "/land-290101.osm.pbf": OLD,
        f"{FILE}.md5": server.content(f"{FILE}.md5") or b"",
    }
    server.moved = {FILE: "/land-290101.osm.pbf"}
    amounts: list[tuple[int, int | None]] = []
    assert fetch(server, path, on_bytes=lambda *now: amounts.append(now))
    assert path.read_bytes() == OLD
    assert (amounts[0], amounts[-1]) == ((0, len(OLD)), (len(OLD), len(OLD)))
    assert amounts == sorted(amounts)
    assert server.paths() == [f"{FILE}.md5", FILE, "/land-290101.osm.pbf"]
    assert server.most_at_once == 1
    assert all(request.headers["User-Agent"].startswith("zone-atlas/") for request in server.asked)


def test_what_is_here_and_unchanged_is_not_asked_for(server: Stand, path: Path) -> None:
    """Of a file that is here only the checksum is asked for; of one with a known checksum nothing;
    one that has changed is downloaded.
    """
    assert fetch(server, path)
    server.asked.clear()
    assert not fetch(server, path)
    assert server.paths() == [f"{FILE}.md5"]
    server.asked.clear()
    assert not fetch(server, path, sha256=hashlib.sha256(OLD).hexdigest().upper())
    assert not server.asked
    server.files[FILE] = NEW
    assert fetch(server, path)
    assert path.read_bytes() == NEW


def test_a_damaged_file_is_downloaded_again(server: Stand, path: Path) -> None:
    """A file that somebody has cut short is not taken for the one of the server."""
    fetch(server, path)
    path.write_bytes(OLD[:-1])
    assert fetch(server, path)
    assert path.read_bytes() == OLD


@pytest.mark.parametrize("tags", [True, False])
def test_a_cut_connection_is_resumed(
    server: Stand, path: Path, waits: list[float], tags: bool
) -> None:
    """After a cut the rest is asked for, on condition that it is of the same edition, and no byte
    is sent twice.
    """
    server.tags, server.cuts = tags, [CUT, 0, 2 * CUT]
    steps: list[str] = []
    assert fetch(server, path, on_step=steps.append)
    assert path.read_bytes() == OLD
    parts = [request for request in server.asked if request.path == FILE]
    assert [request.status for request in parts] == [200, 206, 206, 206]
    assert [request.headers.get("Range") for request in parts] == [
        None,
        f"bytes={CUT}-",
        f"bytes={CUT}-",
        f"bytes={3 * CUT}-",
    ]
    assert all(request.headers["If-Range"] for request in parts[1:])
    assert sum(request.sent for request in parts) == len(OLD)
    assert len(steps) == len(waits) == 3
    assert left(path) == ["land.osm.pbf", "land.osm.pbf.json"]


def test_wherever_it_is_cut_the_file_is_whole(path: Path, waits: list[float]) -> None:
    """For many series of cuts, and an edition that changes in between, what arrives is the file
    that the server has at the end.
    """
    for seed in range(12):
        chance = random.Random(seed)
        cuts = [chance.randrange(fetching.BLOCK, 250_000) for _ in range(chance.randrange(9))]
        change = chance.randrange(12)
        with serving(Stand(files={FILE: OLD}, cuts=cuts)) as stand:

            def turn(_: str, stand: Stand = stand, change: int = change) -> None:
                if len(stand.asked) == change:
                    stand.files[FILE] = NEW

            stand.before = turn
            goal = path.with_name(f"{seed}.pbf")
            assert fetch(stand, goal)
            assert goal.read_bytes() == stand.files[FILE]
            assert waits or not cuts


def test_a_stopped_download_goes_on_the_next_time(server: Stand, path: Path) -> None:
    """Stopped by the person it leaves what has arrived, and the next call asks for the rest."""

    def stop(here: int, _: int | None) -> None:
        if here > len(OLD) // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(server, path, on_bytes=stop)
    here = path.with_name("land.osm.pbf.part").stat().st_size
    assert len(OLD) // 2 < here < len(OLD)
    assert not path.exists()
    server.asked.clear()
    assert fetch(server, path)
    assert path.read_bytes() == OLD
    assert server.asked[-1].headers["Range"] == f"bytes={here}-"
    assert server.asked[-1].sent == len(OLD) - here


def test_killed_before_the_last_step(server: Stand, path: Path) -> None:
    """A part that is whole already is not downloaded again."""
    fetch(server, path)
    path.rename(path.with_name("land.osm.pbf.part"))
    path.with_name("land.osm.pbf.json").rename(path.with_name("land.osm.pbf.part.json"))
    server.asked.clear()
    assert fetch(server, path)
    assert path.read_bytes() == OLD
    assert [(request.status, request.sent) for request in server.asked[1:]] == [(416, 0)]


def test_a_file_that_changes_while_it_is_resumed(
    server: Stand, path: Path, waits: list[float]
) -> None:
    """Where the server has a new edition after the cut, that one is taken from its beginning."""
    server.cuts = [CUT]

    def turn(asked: str) -> None:
        if asked == FILE and server.paths().count(FILE) == 2:
            server.files[FILE] = NEW

    server.before = turn
    assert fetch(server, path)
    assert path.read_bytes() == NEW
    assert [request.status for request in server.asked if request.path == FILE] == [200, 200]
    assert waits == [1]


def test_a_file_that_changes_after_its_checksum(server: Stand, path: Path) -> None:
    """A file made anew between its checksum and itself is not a fault: the new checksum is asked
    for.
    """
    server.before = lambda asked: server.files.update({FILE: NEW}) if asked == FILE else None
    assert fetch(server, path)
    assert path.read_bytes() == NEW
    assert server.paths() == [f"{FILE}.md5", FILE, f"{FILE}.md5"]


def test_a_server_that_cannot_tell_editions_apart(
    server: Stand, path: Path, waits: list[float]
) -> None:
    """Without a sign of the edition nothing is put together of two answers."""
    server.tags = server.dates = False
    server.cuts = [CUT]
    assert fetch(server, path)
    assert path.read_bytes() == OLD
    assert not any("Range" in request.headers for request in server.asked)
    assert len(waits) == 1


def test_a_part_from_another_address_is_not_continued(server: Stand, path: Path) -> None:
    """What has arrived of another file is left alone."""
    server.files["/other.pbf"] = NEW
    with pytest.raises(KeyboardInterrupt):
        fetching.fetch(Source(f"{server.url}/other.pbf"), path, on_bytes=_stop)
    assert fetch(server, path)
    assert path.read_bytes() == OLD
    assert not any("Range" in request.headers for request in server.asked)


def _stop(here: int, _: int | None) -> None:
    if here:
        raise KeyboardInterrupt


def test_a_wrong_checksum(server: Stand, path: Path) -> None:
    """What does not have its checksum is removed, with a sentence; the file that was here stays."""
    server.files[f"{FILE}.md5"] = f"{'0' * 32}  land-latest.osm.pbf\n".encode()
    refused(lambda: fetch(server, path), "does not have its checksum", FILE)
    assert not path.exists()
    assert not path.with_name("land.osm.pbf.part").exists()
    path.write_bytes(NEW)
    refused(lambda: fetch(server, path, sha256="0" * 64), "does not have its checksum")
    assert path.read_bytes() == NEW


def test_a_page_instead_of_a_checksum(server: Stand, path: Path) -> None:
    """A web page in the place of the checksum is named before anything large is asked for."""
    server.files[f"{FILE}.md5"] = b"<html>Welcome to our network. Please log in.</html>"
    refused(lambda: fetch(server, path), "holds no checksum")
    assert server.paths() == [f"{FILE}.md5"]
    assert not left(path)


def test_a_file_that_is_not_there(server: Stand, path: Path) -> None:
    """404 is told at once, for the checksum and for the file, and nothing is left."""
    content = server.content(f"{FILE}.md5") or b""
    for files in ({}, {f"{FILE}.md5": content}):
        server.files = files
        refused(lambda: fetch(server, path), "404")
    assert server.paths() == [f"{FILE}.md5", f"{FILE}.md5", FILE]
    assert not left(path)


def test_a_busy_server_is_given_the_time_it_asks_for(
    server: Stand, path: Path, waits: list[float]
) -> None:
    """After 503 one waits as long as Retry-After says, in seconds or as a time of the day."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    server.busy = [(503, "120"), (503, later), (429, "")]
    steps: list[str] = []
    assert fetch(server, path, on_step=steps.append)
    assert waits[0] == 120
    assert 80 < waits[1] <= 90
    assert waits[2] == 4
    assert "503 Service Unavailable" in steps[0]
    assert "120 s" in steps[0]


def test_a_server_that_stays_busy(server: Stand, path: Path, waits: list[float]) -> None:
    """It is left alone after some attempts, and at once if it asks for hours."""
    server.busy = [(503, "")] * 9
    refused(lambda: fetch(server, path, attempts=3), "3 attempts", "503")
    assert waits == [1, 2]
    server.asked.clear()
    server.busy = [(503, "7200")]
    refused(lambda: fetch(server, path), "120 minutes")
    assert len(server.asked) == 1
    assert len(waits) == 2


def test_without_internet(path: Path, waits: list[float]) -> None:
    """Without a server there is one sentence, at once, that says what to do instead."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        stand = Stand(url=f"http://127.0.0.1:{free.getsockname()[1]}")
    refused(lambda: fetch(stand, path), "cannot be reached", "zoneatlas roads import")
    assert not waits
    assert not left(path)


def test_internet_that_goes_away(path: Path, waits: list[float]) -> None:
    """A server that is gone after a cut is tried some more times; what has arrived stays."""
    stand = Stand(files={FILE: OLD}, cuts=[CUT])
    with serving(stand):
        refused(
            lambda: fetch(stand, path, on_step=lambda _: stand.stop()), "goes on where it stopped"
        )
    assert len(waits) == 4
    assert path.with_name("land.osm.pbf.part").read_bytes() == OLD[:CUT]


@pytest.mark.parametrize("tags", [True, False])
def test_without_a_checksum_the_edition_decides(server: Stand, path: Path, tags: bool) -> None:
    """Where nobody gives a checksum the server is asked whether the file has changed."""
    server.tags = tags
    assert fetch(server, path, md5=False)
    assert not fetch(server, path, md5=False)
    assert [request.status for request in server.asked] == [200, 304]
    server.files[FILE] = NEW
    assert fetch(server, path, md5=False)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize(
    "url", ["", "land.pbf", "ftp://example.org/land.pbf", "http://[oops/l.pbf"]
)
def test_an_address_that_is_none(url: str, path: Path) -> None:
    """What is not an address is refused as such."""
    with pytest.raises(InputError, match="is not the address"):
        fetching.fetch(Source(url), path)


def test_a_redirect_in_a_circle(server: Stand, path: Path) -> None:
    """A server that redirects for ever is told of in a sentence."""
    server.moved = {FILE: FILE}
    with pytest.raises(AtlasError, match="circle"):
        fetch(server, path, md5=False)
