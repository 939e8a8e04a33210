"""The road networks of a data package and of a home folder, opened when they are asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.errors import InputError, Message, NotFoundError, UnavailableError
from geo.hours import gates as border_gates
from geo.kept import Kept
from geo.preparation import Preparation
from geo.roads import main_roads, storage
from geo.roads.drive import MAIN_ROADS, OPENS, Drive
from geo.roads.importing import OnStep
from geo.roads.main_roads import MainRoads
from geo.roads.network import Network
from geo.schema.tables import PACES

if TYPE_CHECKING:
    import pandas as pd

KEPT_CLOSED = 8
"""Networks with closed or slow gates that are kept: visitors may ask for any."""
KEPT_PLANNED = 4
"""Networks of a year to come that are kept: visitors may assume any years of opening."""
STEPS = 8
"""Steps of a preparation: what is compiled, and those that :meth:`MainRoads.open` names."""


class Networks:
    """The networks that one may drive on.

    Parameters
    ----------
    data
        Folder of the data package.
    home
        Folder of saved networks, in ``networks``, and of the main roads; it need not exist.
    layer, table
        As for :class:`geo.roads.main_roads.MainRoads`.
    """

    def __init__(
        self,
        data: Path,
        home: Path,
        layer: Callable[[str], Any],
        table: Callable[[str], pd.DataFrame],
    ) -> None:
        self.folder = home / "networks"
        self.main_roads = MainRoads(data, home / MAIN_ROADS, layer, table)
        self._layer, self._table = layer, table
        self.on_step: OnStep = main_roads.nothing
        """Called with what begins when the main roads are built, which takes some seconds."""
        self._preparation = Preparation(
            lambda percent: Message(
                "The roads are being prepared: %(percent)s %%.", {"percent": percent}
            ),
            STEPS,
        )
        self._opened = Kept()
        self._planned, self._closed = Kept(KEPT_PLANNED), Kept(KEPT_CLOSED)

    def names(self) -> tuple[str, ...]:
        """Name the networks there are: the main roads, and those that are saved."""
        saved = (
            name
            for name in storage.names(self.folder)
            if (self.folder / name / storage.MANIFEST).is_file()
        )
        return (MAIN_ROADS, *saved)

    def version(self, name: str) -> int:
        """Return what changes when a saved network is replaced; 0 for the main roads."""
        if name == MAIN_ROADS:
            return 0
        manifest = self.folder / name / storage.MANIFEST
        if Path(name).name != name or not manifest.is_file():
            raise NotFoundError(
                Message(
                    "There is no road network “%(name)s”; there are %(known)s.",
                    {"name": name, "known": ", ".join(self.names())},
                )
            )
        return manifest.stat().st_mtime_ns

    def place(self, name: str) -> Path:
        """Return the folder of a network."""
        return self.main_roads.folder if name == MAIN_ROADS else self.folder / name

    def open(self, name: str = MAIN_ROADS) -> Network:
        """Open a network by name; one that has been imported anew since is opened anew.

        Raises
        ------
        NotFoundError
            No network has that name.
        UnavailableError
            It is damaged; `PreparingError` while somebody else prepares the networks.
        """
        return self._open(name, self.version(name))

    @contextmanager
    def preparing(self) -> Iterator[OnStep]:
        """Let everybody else who asks for a network know meanwhile that it is being prepared;
        yields a function to call whenever the next of ``STEPS`` steps begins.
        """
        with self._preparation.by_this_thread() as begin:
            before, self.on_step = self.on_step, begin
            try:
                yield begin
            finally:
                self.on_step = before

    def _open(self, name: str, version: int) -> Network:
        self._preparation.check()
        network = self._opened.get((name, version), lambda: self._read(name))
        if network is None:
            raise UnavailableError(
                Message(
                    "The road network “%(name)s” is damaged or was made by another version. The"
                    " operator must import it again.",
                    {"name": name},
                )
            )
        return network

    def _read(self, name: str) -> Network | None:
        if name == MAIN_ROADS:
            return self.main_roads.open(self.on_step)
        try:
            return storage.load(self.folder / name)
        except (InputError, NotFoundError) as error:
            logging.getLogger("zoneatlas").error("%s", error)
            return None

    def planned(self, year: int, opens: tuple[tuple[str, int], ...] = ()) -> Network:
        """Build the network of the main roads as it is planned to be in a year, or with assumed
        years of opening; the last few are kept.
        """
        self.open()
        return self._planned.get((year, opens), lambda: self.main_roads.planned(year, dict(opens)))

    def of(self, drive: Drive) -> Network:
        """Return the network one drives on, with its closed gates and the time that gates take;
        of those that are not as they are kept the last few are.
        """
        self.check(drive)
        source: Hashable
        if drive.ahead:
            source = (drive.ahead, drive.opens)
            whole = self.planned(drive.ahead, drive.opens)
        else:
            source = name, version = drive.network, self.version(drive.network)
            whole = self._open(name, version)
        closed = tuple(gate for gate in drive.closed if gate in whole.manifest.gates)
        wait_s = self._longer_s(whole, drive) | dict.fromkeys(closed, float("inf"))
        if not wait_s:
            return whole
        key = (source, tuple(sorted(wait_s.items())))
        return self._closed.get(key, lambda: whole.with_waiting(wait_s))

    def _longer_s(self, network: Network, drive: Drive) -> dict[str, float]:
        """Return by how much longer than on a quick day the gates of a network take."""
        if drive.pace == PACES[0]:
            return {}
        gates, crossings = self._layer("gates"), self._table("crossings")
        asked, quick = (
            border_gates.service_time_s(gates, crossings, drive.profile, pace)
            for pace in (drive.pace, PACES[0])
        )
        longer = (asked - quick).reindex([*network.manifest.gates])
        return {str(gate): float(wait) for gate, wait in longer[longer > 0].items()}

    def check(self, drive: Drive) -> None:
        """Refuse a network that there is not, gates that cannot be closed and years that cannot be
        assumed; no network is opened for that.
        """
        self.check_opens(drive.opens)
        self.version(drive.network)
        gates = self._layer("gates").index if drive.closed else ()
        unknown = [gate for gate in drive.closed if gate not in gates]
        if unknown:
            raise InputError(
                Message(
                    "There is no gate %(gates)s that could be closed.",
                    {"gates": ", ".join(f"“{gate}”" for gate in unknown)},
                )
            )

    def check_opens(self, opens: tuple[tuple[str, int], ...]) -> None:
        """Refuse assumed years of opening: of no corridor, of one that is open, out of range;
        `InputError` names every fault.
        """
        status, faults = self._layer("corridors")["status"] if opens else {}, []
        for corridor, year in opens:
            if corridor not in status:
                faults.append(Message("There is no corridor “%(id)s”.", {"id": corridor}))
            elif status[corridor] == "operating":
                faults.append(Message("The corridor “%(id)s” is open already.", {"id": corridor}))
            if not OPENS[0] <= year <= OPENS[1]:
                faults.append(
                    Message(
                        "“%(id)s”: %(year)s is no year of opening; it lies between %(a)s and"
                        " %(b)s.",
                        {"id": corridor, "year": year, "a": OPENS[0], "b": OPENS[1]},
                    )
                )
        if faults:
            raise InputError(Message("The assumed years of opening cannot be taken:"), faults)
