"""Measure the examination of files: how often a wrong system of positions is named first, every
known park in every corruption, and how long 100,000 rows take from the file to a release.

Run ``python bench/doctor.py``; with ``--every N`` every N-th park only, with ``--rows`` only the
100,000 rows (or ``--rows N``), with ``--matrix`` only the matrix. Times are of the processor, that
of the reading process included, and of the clock."""

from __future__ import annotations

import argparse
import csv
import io
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from geo import crs, layers, package_check
from geo.exchange import bringing, doctor, formats, reading, releases, tables
from geo.exchange.book import Book
from geo.exchange.bringing import Terms
from geo.exchange.doctor import Examination
from geo.exchange.known import Known
from geo.exchange.table import Table
from webapp.catalogues import province_names

ROWS = 100_000
TEN = 10
Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Case:
    """A way to write positions wrongly, or rightly in another way.

    Attributes
    ----------
    write
        Longitude and latitude of a park as they are written.
    right
        Whether an examination names the case, given the parks of the file.
    fits
        Whether it can happen to a park.
    """

    name: str
    write: Callable[[float, float], Pair]
    right: Callable[[Examination, pd.DataFrame], bool]
    columns: tuple[str, str] = ("lon", "lat")
    fits: Callable[[Any], bool] = lambda _: True


def first(exam: Examination) -> str:
    """Return what is proposed first for the system; “-” where nothing is asked."""
    asked = [question for question in exam.questions if question.key == "coordinates"]
    return asked[0].proposals[0].choice if asked and asked[0].proposals else "-"


def alike(choice: str, true: str) -> bool:
    """Check whether two systems are one."""
    return choice == true or choice in ALIKE.get(true, ())


ALIKE = {"EPSG:4544": {"EPSG:4507"}, "EPSG:4507": {"EPSG:4544"}, "EPSG:4508": {"EPSG:4546"}}
"""Zones of three and of six degrees on one meridian are the same."""


def taken(exam: Examination, parks: pd.DataFrame) -> bool:
    """Check that all rows were taken where they are, without a question of the system."""
    if first(exam) != "-" or len(exam.sure) != len(parks):
        return False
    points = exam.sure.get_coordinates().to_numpy()
    return bool((crs.distance_m(points, parks[["lon", "lat"]].to_numpy()) < 2).all())


def named(choice: str) -> Callable[[Examination, pd.DataFrame], bool]:
    """Check that a system is the first proposal."""
    return lambda exam, _: alike(first(exam), choice)


def asked(exam: Examination, _: pd.DataFrame) -> bool:
    """Check that no row was taken."""
    return not len(exam.sure) and bool(exam.questions or exam.faults)


def faulty(words: str) -> Callable[[Examination, pd.DataFrame], bool]:
    """Check that each row has a fault, in such words, and is not taken."""
    return lambda exam, parks: (
        not len(exam.sure)
        and len({fault.row for fault in exam.faults if words in fault.text}) == len(parks)
    )


def metric(code: int, *, swapped: bool = False) -> Callable[[float, float], Pair]:
    """Write metres of a system."""
    change = pyproj.Transformer.from_crs(4326, code, always_xy=True)

    def write(lon: float, lat: float) -> Pair:
        pair = tuple(f"{value:.2f}" for value in change.transform(lon, lat))
        return pair[::-1] if swapped else pair  # type: ignore[return-value]

    return write


def dms(value: float, form: str) -> str:
    """Write degrees, minutes and seconds."""
    thousandths = round(value * 3_600_000)
    minutes, rest = divmod(thousandths, 60_000)
    degrees, minutes = divmod(minutes, 60)
    return form.format(d=degrees, m=minutes, s=rest / 1000, x=minutes + rest / 60_000)


def near(meridian: float, width: float) -> Callable[[Any], bool]:
    """Choose parks near a meridian."""
    return lambda park: abs(park.lon - meridian) <= width


def degrees(form: str = "{:.6f}") -> Callable[[float, float], Pair]:
    """Write plain degrees."""
    return lambda lon, lat: (form.format(lon), form.format(lat))


VN = {
    104.0: 9206, 104.5: 9207, 104.75: 9208, 105.0: 5896, 105.5: 9209, 105.75: 9210, 106.0: 9211,
    106.25: 9212, 106.5: 9213, 107.0: 9214, 107.25: 9215, 107.5: 9216, 107.75: 5899, 108.0: 5897,
    108.25: 9217, 108.5: 9218,
}  # fmt: skip
CHINA = {
    "CGCS2000 3-degree CM 105E": (4544, 105, 1.5),
    "CGCS2000 3-degree CM 108E": (4545, 108, 1.5),
    "CGCS2000 3-degree zone 35": (4523, 105, 1.5),
    "CGCS2000 3-degree zone 36": (4524, 108, 1.5),
    "CGCS2000 6-degree CM 105E": (4507, 105, 3),
    "CGCS2000 6-degree CM 111E": (4508, 111, 3),
    "CGCS2000 6-degree zone 18": (4496, 105, 3),
    "CGCS2000 6-degree zone 19": (4497, 111, 3),
}


def shifted(shift: Callable[[Any], Any]) -> Callable[[float, float], Pair]:
    """Write degrees as a Chinese map shows them."""

    def write(lon: float, lat: float) -> Pair:
        east, north = shift((lon, lat))
        return f"{east:.6f}", f"{north:.6f}"

    return write


def comma(degrees: float) -> str:
    """Write degrees with a decimal comma."""
    return f"{degrees:.5f}".replace(".", ",")


def cases() -> Iterator[Case]:
    """Return the corruptions."""
    yield Case("degrees", degrees(), taken)
    yield Case("decimal comma", lambda x, y: (comma(x), comma(y)), taken)
    for form in ("{d}°{m:02d}'{s:06.3f}\"", "{d}-{m}-{s:.3f}", "{d}度{m}分{s}秒", "{d}°{x:.5f}'"):
        yield Case(
            f"angles {form.format(d=107, m=5, s=7.5, x=5.125)}",
            lambda lon, lat, form=form: (dms(lon, form), dms(lat, form)),  # type: ignore[misc]
            taken,
        )
    yield Case("swapped axes", lambda x, y: degrees()(y, x), named("EPSG:4326-swapped"))
    yield Case("GCJ-02", shifted(crs.to_gcj02), named("GCJ-02"))
    yield Case("BD-09", shifted(crs.to_bd09), named("BD-09"))
    for meridian, code in VN.items():
        for turned in (False, True):
            yield Case(
                f"VN-2000 {meridian:g}{' swapped' if turned else ''}",
                metric(code, swapped=turned),
                named(f"EPSG:{code}{'-swapped' if turned else ''}"),
                ("x", "y"),
                near(meridian, 1.5),
            )
    for name, code, meridian in (("48", 3405, 105), ("49", 3406, 111)):
        yield Case(
            f"VN-2000 UTM {name}",
            metric(code),
            named(f"EPSG:{code}"),
            ("x", "y"),
            near(meridian, 3),
        )
    for name, (code, meridian, width) in CHINA.items():
        yield Case(name, metric(code), named(f"EPSG:{code}"), ("x", "y"), near(meridian, width))
    yield Case("0, 0", lambda *_: ("0", "0"), faulty("0, 0"))
    yield Case("a digit lost", lambda x, y: (f"{x:.6f}"[:1] + f"{x:.6f}"[2:], f"{y:.6f}"), asked)
    yield Case("a digit lost, lat", lambda x, y: (f"{x:.6f}", f"{y:.6f}"[1:]), asked)
    yield Case("a minus", lambda x, y: (f"{x:.6f}", f"{-y:.6f}"), asked)
    yield Case("a minus, lon", lambda x, y: (f"{-x:.6f}", f"{y:.6f}"), asked)
    yield Case("latitude twice", lambda _, y: (f"{y:.6f}", f"{y:.6f}"), asked)
    yield Case("longitude twice", lambda x, _: (f"{x:.6f}", f"{x:.6f}"), asked)
    yield Case("another country", lambda x, y: (f"{x - 90:.6f}", f"{y + 25:.6f}"), asked)
    yield Case("another province", lambda x, y: (f"{x - 2.4:.6f}", f"{y - 0.1:.6f}"), asked)


def text(parks: pd.DataFrame, case: Case) -> bytes:
    """Write parks as a table in a case."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Tên KCN", "Tỉnh", *case.columns])
    for park in parks.itertuples():
        writer.writerow(
            [park.name_vi, park.province_en, *case.write(float(park.lon), float(park.lat))]
        )
    return out.getvalue().encode()


def matrix(known: Known, every: int = 1, tens: int = 24) -> dict[str, tuple[list[str], ...]]:
    """Examine every park in every case: the parks that were not named right, in files of one row
    and of ten, with the numbers of files.
    """
    parks = pd.read_csv(layers.bundled() / "parks.csv")
    rng = np.random.default_rng(15)
    missed: dict[str, tuple[list[str], ...]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        for case in cases():
            able = parks[[case.fits(park) for park in parks.itertuples()]]
            files = [able.iloc[[row]] for row in range(0, len(able), every)]
            sets = [
                able.iloc[rng.choice(len(able), TEN, replace=False)]
                for _ in range(max(1, tens // every) if len(able) > TEN else 0)
            ]
            wrong: list[list[str]] = [[], []]
            for which, some in enumerate((files, sets)):
                for few in some:
                    path.write_bytes(text(few, case))
                    exam = doctor.examine(path, known)
                    if not case.right(exam, few):
                        wrong[which].append(f"{few['id'].iloc[0]} {first(exam)}")
            missed[case.name] = (wrong[0], wrong[1], [str(len(files)), str(len(sets))])
            print_case(case.name, *missed[case.name])
    return missed


def print_case(name: str, ones: list[str], tens: list[str], counts: list[str]) -> None:
    """Write a line of the table."""
    shares = [
        f"{100 * (1 - len(missed) / int(count)):5.1f} % of {count:>3}"
        if int(count)
        else f"{'':>14}"
        for missed, count in zip((ones, tens), counts, strict=True)
    ]
    print(f"{name:34} {shares[0]}   {shares[1]}   {', '.join((ones + tens)[:3])}", flush=True)


def in_this_process() -> None:
    """Read files without a process for each."""

    def read(path: Path, part: str, encoding: str, words: frozenset[str]) -> Table:
        return formats.read(Path(path).read_bytes(), part, encoding, words)

    reading.read_apart = read  # type: ignore[assignment]


# 100,000 rows -------------------------------------------------------------------------------------


def cpu_s() -> tuple[float, float]:
    """Return the seconds of the processor of this process and of those it has started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own, others = (usage.ru_utime + usage.ru_stime for usage in used)
    return own, others


def many(folder: Path, rows: int) -> Path:
    """Make a package of as many known parks, and two files of as many rows: ``half.csv`` names half
    of them, and others beside them; ``all.csv`` names all, with the area of each third changed.
    """
    package = folder / "package"
    shutil.copytree(layers.bundled(), package)
    parks = pd.read_csv(package / "parks.csv", dtype=str, keep_default_na=False)
    rng = np.random.default_rng(9)
    at = np.concatenate([np.arange(len(parks)), rng.integers(0, len(parks), rows - len(parks))])
    table = parks.iloc[at].reset_index(drop=True)
    new = np.arange(rows) >= len(parks)
    for name in ["id", *(name for name in table if str(name).startswith("name_"))]:
        sign = "-" if name == "id" else " "
        table[name] = [
            f"{cell}{sign}{row}" if new[row] and cell else cell
            for row, cell in enumerate(table[name])
        ]
    here = table[["lon", "lat"]].to_numpy(float)
    moved = here + rng.normal(0, 0.05, here.shape) * new[:, None]
    stated = table[["country", "province_en", "position_accuracy_m"]].to_dict("records")
    wrong, _ = package_check.region(layers.bundled()).doubts(stated, moved)
    wrong_at = np.flatnonzero([bool(words) for words in wrong])
    moved[wrong_at] = here[wrong_at]
    table[["lon", "lat"]] = [[f"{lon:.6f}", f"{lat:.6f}"] for lon, lat in moved.tolist()]
    table.to_csv(package / "parks.csv", index=False)
    brought = table[["name_vi", "province_en", "lon", "lat", "area_ha"]].copy()
    brought.columns = pd.Index(["Tên KCN", "Tỉnh", "Kinh độ", "Vĩ độ", "Diện tích (ha)"])
    brought.iloc[::2, 0] = [f"KCN lô {row}" for row in range(0, rows, 2)]
    brought.to_csv(folder / "half.csv", index=False)
    whole = table[["name_en", "kind", "country", "province_en", "lon", "lat", "status", "area_ha"]]
    third = np.arange(rows) % 3 == 0
    areas = whole["area_ha"].where(~third, [f"{row % 700 + 7}" for row in range(rows)])
    whole.assign(area_ha=areas).to_csv(folder / "all.csv", index=False)
    return package


class Clock:
    """Prints how long steps take."""

    def __init__(self) -> None:
        self.before = self.begun = self._now()

    @staticmethod
    def _now() -> NDArray[np.float64]:
        return np.array([*cpu_s(), time.perf_counter()])

    def step(self, what: str) -> None:
        """Print what the step since the last one took."""
        now = self._now()
        self._print(what, now - self.before)
        self.before = self._now()

    def together(self, what: str) -> None:
        """Print what all steps took."""
        self._print(what, self._now() - self.begun)

    @staticmethod
    def _print(what: str, took: NDArray[np.float64]) -> None:
        own, other, clock = took.tolist()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"   {what:48} {own + other:6.1f} s CPU ({other:.1f} apart), {clock:6.1f} s,"
            f" at most {memory} MB",
            flush=True,
        )


def rows(count: int) -> None:
    """Take as many rows all the way, with the parks that are known and with as many."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = many(folder, count)
        for base in (layers.bundled(), package):
            for file in ("half.csv", "all.csv"):
                home = folder / f"home-{base.name}-{file}"
                way(folder / file, base, home, release=base == package)


def way(path: Path, base: Path, home: Path, *, release: bool) -> None:
    """Examine a file, show what it would change and keep it; release that, and compare."""
    clock = Clock()
    known = Known.read(base, "parks", province_names)
    print(f"{path.name} against {len(known.frame)} known parks", flush=True)
    clock.step("read what is known")
    exam = doctor.examine(path, known)
    clock.step(
        f"examined: {len(exam.rows)} rows, {sum(map(bool, exam.sites))} known,"
        f" {len(exam.questions)} asked"
    )
    old, party = tables.read(base), releases.party_of(base)
    terms = Terms("Quang Ninh", "register", "survey", accuracy_m=5)
    claims = bringing.claims(exam, old, "parks", terms).claims
    effects = bringing.preview(old, party, [], claims).effects
    clock.step(f"what would change: {len(effects)} statements")
    clock.together("file to what would change, together")
    book = Book.of(home)
    book.add(claims, origin=path.name, who="bench")
    clock.step("kept")
    if release and path.name == "all.csv":
        frozen = releases.release(book, base, home, title="all", party="Quang Ninh", who="bench")
        clock.step("released")
        found = releases.compare(book, base, 0, frozen.number)
        clock.step(f"compared: {len(found)} changes")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--rows", type=int, nargs="?", const=ROWS)
    parser.add_argument("--matrix", action="store_true")
    options = parser.parse_args()
    print("command   python " + " ".join(["bench/doctor.py", *sys.argv[1:]]))
    print(
        f"machine   {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    )
    if not options.matrix:
        rows(options.rows or ROWS)
    if not options.rows:
        in_this_process()
        print(f"{'positions in':34} named first, one row   ten rows           missed, as")
        missed = matrix(Known.read(layers.bundled(), "parks", province_names), options.every)
        print(f"{len(missed)} cases")


if __name__ == "__main__":
    main()
