"""Releases: frozen, opened again, compared; and their files, damaged in every way."""

from __future__ import annotations

import io
import json
import random
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from parties import Parties, claim, contents, fields, say

from geo import layers, package_check
from geo.atlas import Atlas
from geo.errors import InputError, NotFoundError
from geo.exchange import (
    changes,
    claims,
    release_file,
    releases,
    signing,
    sniffing,
    standing,
    tables,
)
from geo.exchange.book import Book
from geo.exchange.changes import Change
from geo.exchange.claims import EXISTENCE, GONE
from geo.exchange.tables import Tables
from geo.schema import LAYERS
from geo.schema.provenance import POSITION


def freeze(book: Book, toy: Path, home: Path, title: str = "a title") -> releases.Release:
    return releases.release(book, toy, home, title=title, party="Quang Ninh", who="chi")


def applied(state: Tables, steps: list[Change], new: Tables) -> dict[str, dict[str, object]]:
    """Put changes into the layers of a state: values, and whole rows that are new or gone."""
    rows = {
        name: {key: dict(row) for key, row in held.items()} for name, held in state.layers.items()
    }
    for step in steps:
        held = rows[step.layer]
        if step.kind == "removed":
            del held[step.row_id]
        elif step.kind == "added":
            held[step.row_id] = dict(new.layers[step.layer][step.row_id])
        elif step.field != POSITION:
            held[step.row_id][step.field] = step.after
        elif LAYERS[step.layer].geometry == "LineString":
            held[step.row_id]["wkt"] = step.after
        else:
            lon, lat = str(step.after).split()
            held[step.row_id] |= {"lon": lon, "lat": lat}
    return rows  # type: ignore[return-value]


def values(rows: Mapping[str, Mapping[str, Mapping[str, object]]]) -> dict[tuple[str, ...], object]:
    """Return all values that can be claimed, as what they mean."""
    return {
        (name, key, field): claims._bare(
            tables.value(LAYERS[name], row, field),
            LAYERS[name],
            field,  # type: ignore[arg-type]
        )
        for name, held in rows.items()
        for key, row in held.items()
        for field in fields(LAYERS[name])
    }


# Frozen -------------------------------------------------------------------------------------------


def test_every_release_is_what_it_was(book: Book, toy: Path, tmp_path: Path) -> None:
    """Releases are data packages without a new fault that open; each is the same bytes after three
    more; whatever was stated is in the last one; and any two differ by what a plain comparison
    finds.
    """
    people = Parties(tables.read(toy), 3, sound=True)
    stated, folders, states = [], [], [tables.read(toy)]
    for number in range(1, 5):
        fresh = people.claims(25)
        say(book, fresh)
        stated += fresh
        if number == 2:
            book.decide([fresh[0].id], "refused", reason="no map", who="chi")
            book.decide([fresh[1].id], "accepted", reason="", who="chi")
        if number == 3:
            say(book, [claim(EXISTENCE, GONE, layer="airports", row_id="north-airport")])
            say(book, [claim("name_en", "Idea", party="Nobody")], "proposed")
        frozen = freeze(book, toy, tmp_path, f"Number {number}")
        assert frozen.number == number
        folder = releases.opened(tmp_path / "new", toy, book.url, str(number))
        if number in (1, 4):
            assert not any(package_check.check(folder).values())
            assert len(Atlas.open(folder, tmp_path / "home").layer("parks")) >= 2
        folders.append(contents(folder))
        states.append(releases.state(book, toy, number))
    assert "north-airport" in states[2].layers["airports"]
    assert "north-airport" not in states[3].layers["airports"]
    for number, files in enumerate(folders, start=1):
        again = releases.opened(tmp_path / "again", toy, book.url, str(number))
        assert contents(again) == files
        data = releases.content(book, number)
        assert {f"{name}.csv" for name in release_file.parse(data).tables} <= files.keys()
    last = release_file.parse(releases.content(book, 4)).claims
    passed_on = {row["id"]: row for row in last}
    assert {f"claim-{claimed.id}" for claimed in stated} <= passed_on.keys()
    assert "Nobody" not in {row["party"] for row in last}
    assert Counter(row["state"] for row in last)["refused"] == 1
    _compare_all(states)
    assert releases.compare(book, toy, 1, 4) == changes.compare(states[1], states[4])
    assert releases.pending(book, toy)[1] == []


def _compare_all(states: list[Tables]) -> None:
    for old in states:
        assert changes.compare(old, old) == []
        for new in states:
            steps = changes.compare(old, new)
            assert values(applied(old, steps, new)) == values(new.layers)
            before, after = values(old.layers), values(new.layers)
            both = before.keys() & after.keys()
            counted = Counter((step.layer, step.field) for step in steps if step.kind == "changed")
            assert counted == Counter((key[0], key[2]) for key in both if before[key] != after[key])
            for kind, more, fewer in (("added", new, old), ("removed", old, new)):
                assert {(step.layer, step.row_id) for step in steps if step.kind == kind} == {
                    (name, key)
                    for name, rows in more.layers.items()
                    for key in rows
                    if key not in fewer.layers[name]
                }


def test_two_books_release_the_same_bytes(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements and decisions, in another order and in other batches."""
    monkeypatch.setattr(releases, "now", lambda: "2026-11-30T00:00:00Z")
    people = Parties(tables.read(toy), 8, sound=True)
    stated = people.claims(60)
    released = []
    for name, order in (
        ("a", stated),
        ("b", stated[::-1]),
        ("c", people.rng.sample(stated, len(stated))),
    ):
        book = Book.of(tmp_path / name)
        step = {"a": 60, "b": 1, "c": 7}[name]
        for at in range(0, len(order), step):
            say(book, order[at : at + step])
        for number in (5, 17, 29):
            book.decide([stated[number].id], "accepted", reason="", who="chi")
        book.decide(
            [each.id for each in order if each in stated[40:50]], "refused", reason="so", who="x"
        )
        freeze(book, toy, tmp_path / name)
        released.append(releases.content(book, 1))
    assert released[0] == released[1] == released[2]


def test_a_decision_that_is_taken_back_leaves_no_trace_in_the_layers(
    book: Book, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release after it is refused as one without a change."""
    monkeypatch.setattr(releases, "now", lambda: "2026-11-30T00:00:00Z")
    say(book, [claim(), claim(value="400", party="Guangxi", source_kind="memory")])
    freeze(book, toy, tmp_path)
    weak = claim(value="400", party="Guangxi", source_kind="memory").id
    book.decide([weak], "accepted", reason="they measured", who="chi")
    assert [step.after for step in releases.pending(book, toy)[1]] == ["400"]
    book.decide([weak], "stated", reason="they did not", who="chi")
    with pytest.raises(InputError, match="Nothing has changed"):
        freeze(book, toy, tmp_path)


def test_what_is_not_released(book: Book, toy: Path, tmp_path: Path) -> None:
    """Without a title or party, with one that is too long, without a change, or with layers that
    would have faults nothing is released, and nothing is left behind.
    """
    say(book, [claim()])
    for title, party in (("", "A"), ("a", " "), ("x" * 201, "A"), ("a\0", "A"), ("a", "\ud800")):
        with pytest.raises(InputError, match="title"):
            releases.release(book, toy, tmp_path, title=title, party=party, who="chi")
    freeze(book, toy, tmp_path)
    with pytest.raises(InputError, match="Nothing has changed"):
        freeze(book, toy, tmp_path)
    say(book, [claim("policies", "no-such-policy")])
    with pytest.raises(InputError, match="no-such-policy"):
        freeze(book, toy, tmp_path)
    book.decide([claim("policies", "no-such-policy").id], "refused", reason="a slip", who="chi")
    assert freeze(book, toy, tmp_path).number == 2
    assert not list((tmp_path / releases.FOLDER).glob("check-*"))


def test_a_home_inside_the_package_is_not_copied(toy: Path, tmp_path: Path) -> None:
    """Whoever keeps the home folder in the data folder gets releases without it."""
    base = shutil.copytree(toy, tmp_path / "data")
    book = Book.of(base / "home")
    for number in (1, 2):
        say(book, [claim(value=str(300 + number))])
        freeze(book, base, base / "home")
        folder = releases.opened(base / "home", base, "", "latest")
        assert (folder / "parks.csv").is_file()
        assert not (folder / "home").exists()


def test_more_statements_than_a_release_holds(
    book: Book, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said before anything is released, in numbers."""
    monkeypatch.setattr(release_file, "MOST_CLAIMS", 1)
    say(book, [claim(), claim("name_en", "West")])
    with pytest.raises(InputError, match="at most 1 statements"):
        freeze(book, toy, tmp_path)
    assert not releases.every(book)


@pytest.mark.parametrize("which", ["2", "abc", "-1", "0", "٢", "../../x", ""])
def test_a_release_that_is_not_there(tmp_path: Path, toy: Path, which: str) -> None:
    """It is said; the package itself is opened by its name only."""
    with pytest.raises(NotFoundError):
        releases.opened(tmp_path, toy, "", which)
    book = Book.of(tmp_path)
    say(book, [claim()])
    freeze(book, toy, tmp_path)
    with pytest.raises(NotFoundError):
        releases.opened(tmp_path, toy, "", which)
    assert releases.opened(tmp_path, toy, "", "none") == toy
    assert releases.opened(tmp_path, toy, "", "latest") != toy
    with pytest.raises(NotFoundError):
        releases.content(book, 7)


def test_hostile_texts_stay_texts(book: Book, toy: Path, tmp_path: Path) -> None:
    """Line ends, quotes, marks of Markdown and of templates come back as they were written."""
    texts = ["a\rb", "a\r\nb", 'a "b", c', "{{7*7}}<script>|x|", "# [x](y)", "＝1+1", "'; DROP"]
    claimed = [
        claim("name_en", text, party=f"P{number}", notes=text, source=text)
        for number, text in enumerate(texts)
    ]
    say(book, claimed)
    freeze(book, toy, tmp_path)
    rows = release_file.parse(releases.content(book, 1)).claims
    assert {row["notes"] for row in rows} >= set(texts)
    read = release_file.parse_apart(releases.content(book, 1)).claims
    assert read == rows
    folder = releases.opened(tmp_path, toy, "", "latest")
    assert not any(package_check.check(folder).values())


# The file -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A signed release of the toy package."""
    home = tmp_path_factory.mktemp("release")
    book = Book.of(home)
    say(book, [claim(), claim(value="400", party="Guangxi"), claim("name_vi", "Khu Tây 西")])
    key = signing.make(home)
    frozen = releases.release(book, toy, home, title="t", party="Quang Ninh", who="chi", key=key)
    packed = releases.content(book, 1)
    assert signing.verify(packed, frozen.signature, key.public) == "release 1 of Quang Ninh"
    return packed


def test_any_flipped_byte_is_noticed(data: bytes) -> None:
    """Of 300 bytes that are turned each is refused, or nothing that is read differs."""
    whole = release_file.parse(data)
    rng = random.Random(4)
    refused = 0
    for at in rng.sample(range(len(data)), 300):
        broken = bytearray(data)
        broken[at] ^= 1 << rng.randrange(8)
        try:
            assert release_file.parse(bytes(broken)) == whole
        except InputError:
            refused += 1
    assert refused > 200
    for length in rng.sample(range(len(data)), 50):
        with pytest.raises(InputError):
            release_file.parse(data[:length])


def repacked(
    data: bytes, change: Callable[[dict[str, bytes]], object], *, sums: bool = True
) -> bytes:
    """Change the files of a release, and write their checksums anew."""
    files = sniffing.unpacked(data)
    change(files)
    if sums and release_file.SUMS in files:
        files[release_file.SUMS] = "".join(
            f"{release_file.checksum(files[name])}  {name}\n"
            for name in sorted(files)
            if name != release_file.SUMS
        ).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def stating(**parts: object) -> Callable[[dict[str, bytes]], object]:
    """Change what a release says of itself."""

    def change(files: dict[str, bytes]) -> None:
        about = json.loads(files[release_file.ABOUT])
        files[release_file.ABOUT] = json.dumps(about | parts).encode()

    return change


def put(name: str, content: bytes) -> Callable[[dict[str, bytes]], object]:
    return lambda files: files.__setitem__(name, content)


WRONG: dict[str, Callable[[dict[str, bytes]], object]] = {
    "no checksums": lambda files: files.pop(release_file.SUMS),
    "no description": lambda files: files.pop(release_file.PACKAGE),
    "a list as description": put(release_file.PACKAGE, b"[1]"),
    "a deep description": put(release_file.PACKAGE, b"[" * 100_000),
    "a number as release": put(release_file.ABOUT, b"7"),
    "not JSON": put(release_file.ABOUT, b"{"),
    "not UTF-8": put(release_file.ABOUT, b'{"a": "\xff"}'),
    "number 0": stating(number=0),
    "a true number": stating(number=True),
    "a text as number": stating(number="1"),
    "a huge number": stating(number=10**12),
    "no title": stating(title=None),
    "a long title": stating(title="x" * 2_000),
    "a list as party": stating(party=["x"]),
    "no checksum before": stating(previous="x"),
    "other columns": put("claims.csv", b"id,layer\nx,y\n"),
    "a short row": lambda files: put("claims.csv", files["claims.csv"] + b"a,b\n")(files),
    "an open quote": lambda files: put("claims.csv", files["claims.csv"] + b'"a')(files),
    "a climbing path": put("../evil.csv", b"x"),
    "an absolute path": put("/evil.csv", b"x"),
    "a drive": put("C:\\evil.csv", b"x"),
    "a bomb": put("parks.csv", b"0" * (sniffing.MAX_UNPACKED_BYTES + 1)),
    "many files": lambda files: files.update({f"x{number}": b"" for number in range(600)}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_stranger_sends_something_else(data: bytes, name: str) -> None:
    """Each is refused with a sentence, by the reader that may do nothing else."""
    with pytest.raises(InputError) as raised:
        release_file.parse_apart(repacked(data, WRONG[name]))
    assert len(str(raised.value)) < 2_000


def test_other_refusals(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that does not fit its checksum, two of one name, no archive, one that is too large,
    and a reader that takes too long.
    """
    with pytest.raises(InputError, match=r"parks\.csv"):
        release_file.parse(repacked(data, put("parks.csv", b"id\n"), sums=False))
    with pytest.raises(InputError, match="checksums"):
        release_file.parse(repacked(data, put("more.csv", b"id\n"), sums=False))
    doubled = io.BytesIO(data)
    with zipfile.ZipFile(doubled, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("parks.csv", sniffing.unpacked(data)["parks.csv"])
    with pytest.raises(InputError, match="two files"):
        release_file.parse(doubled.getvalue())
    for nothing in (b"", b"PK", b"x" * 1_000, b"PK\x03\x04" + bytes(100)):
        with pytest.raises(InputError):
            release_file.parse_apart(nothing)
    monkeypatch.setattr(release_file, "TIMEOUT_S", 0.01)
    with pytest.raises(InputError):
        release_file.parse_apart(data)
    monkeypatch.setattr(sniffing, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="larger"):
        release_file.parse_apart(data)


def test_a_reader_apart_reads_the_same(data: bytes) -> None:
    """What the process returns is what was in the file."""
    assert release_file.parse_apart(data) == release_file.parse(data)


def test_a_release_of_the_bundled_package_opens(tmp_path: Path) -> None:
    """A survey of a known park becomes a release of the real data, with map and roads."""
    base = layers.bundled()
    book = Book.of(tmp_path)
    claimed = claim(POSITION, "106.8 21.0", row_id="dong-mai-ip", accuracy=10.0, as_of="2026-11")
    say(book, [claimed])
    following = releases.standing_of(book, base)
    files = releases._files(
        base, following, release_file.About(1, "t", "p", "w", "2026-11-30T00:00:00Z", "p", "b"), []
    )
    assert files["ports.csv"] == (base / "ports.csv").read_bytes()
    assert standing.statement_rows(following.values)
    packed = release_file.pack(
        release_file.About(1, "t", "p", "w", "2026-11-30T00:00:00Z", "p", "b"), files
    )
    folder = releases.unpack(packed, base, tmp_path)
    park = Atlas.open(folder, tmp_path / "home").layer("parks").loc["dong-mai-ip"]
    assert (park.geometry.x, park["position_accuracy_m"]) == (106.8, 10.0)
