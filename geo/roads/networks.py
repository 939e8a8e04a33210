"""The road networks of a data package and of a home folder, opened when they are asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from geo.errors import InputError, Message, NotFoundError, UnavailableError
from geo.hours import gates as border_gates
from geo.kept import Kept
from geo.roads import corridors, storage
from geo.roads.drive import CORRIDORS, OPENS, Drive
from geo.roads.network import Network
from geo.schema.tables import PACES

KEPT_CLOSED = 8
"""Networks with closed or slow gates that are kept: visitors may ask for any."""
KEPT_PLANNED = 8
"""Networks of a year to come that are kept: visitors may assume any years of opening."""


class Networks:
    """The networks that one may drive on.

    Parameters
    ----------
    folder
        Where saved networks are, each in a folder of its own; it need not exist.
    package, layer, table
        As for :func:`geo.roads.corridors.assemble`.
    """

    def __init__(
        self,
        folder: Path,
        package: Mapping[str, Any],
        layer: Callable[[str], Any],
        table: Callable[[str], pd.DataFrame],
    ) -> None:
        self.folder = folder
        self._package, self._layer, self._table = package, layer, table
        self._opened = Kept()
        self._planned, self._closed = Kept(KEPT_PLANNED), Kept(KEPT_CLOSED)

    def names(self) -> tuple[str, ...]:
        """Name the networks there are: that of the corridors, and those that are saved."""
        saved = (
            name
            for name in storage.names(self.folder)
            if (self.folder / name / storage.MANIFEST).is_file()
        )
        return (CORRIDORS, *saved)

    def version(self, name: str) -> int:
        """Return what changes when a saved network is replaced; 0 for the corridors."""
        if name == CORRIDORS:
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

    def open(self, name: str = CORRIDORS) -> Network:
        """Open a network by name; one that has been imported anew since is opened anew."""
        return self._open(name, self.version(name))

    def _open(self, name: str, version: int) -> Network:
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
        if name == CORRIDORS:
            return corridors.assemble(self._package, self._layer, self._table)
        try:
            return storage.load(self.folder / name)
        except (InputError, NotFoundError) as error:
            logging.getLogger("zoneatlas").error("%s", error)
            return None

    def planned(self, year: int, opens: tuple[tuple[str, int], ...] = ()) -> Network:
        """Build the network of the corridors as it is planned to be in a year, or as it is with
        assumed years of opening; the last few are kept.
        """
        return self._planned.get(
            (year, opens),
            lambda: corridors.assemble(
                self._package, self._layer, self._table, year, years=dict(opens)
            ),
        )

    def of(self, drive: Drive) -> Network:
        """Return the network one drives on, with its closed gates and the time that gates take;
        of those that are not as they are kept the last few are.
        """
        self.check_opens(drive.opens)
        source: Hashable
        if drive.ahead:
            source = (drive.ahead, drive.opens)
            whole = self.planned(drive.ahead, drive.opens)
        else:
            source = name, version = drive.network, self.version(drive.network)
            whole = self._open(name, version)
        unknown = [gate for gate in drive.closed if gate not in self._layer("gates").index]
        if unknown:
            raise InputError(
                Message(
                    "There is no gate %(gates)s that could be closed.",
                    {"gates": ", ".join(f"“{gate}”" for gate in unknown)},
                )
            )
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
