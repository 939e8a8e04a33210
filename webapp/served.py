"""The data package as it is served: always whole. A changed one takes the place of the old one once
all of it can be read.

The files are looked at before a request, at most every other second. A package that has changed is
read and checked beside the old one, which answers meanwhile, and goes on to where the new one has
faults: then the log names them and the data page says so. A package that cannot be read at the
start answers 503 until it is mended."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path

from flask import Flask, g, request

from geo import layers, package_check
from geo.errors import AtlasError, InputError, UnavailableError
from geo.schema import LAYERS, TABLES
from geo.siting import examples
from geo.visits import trip_file
from webapp import settings
from webapp.i18n import gettext as _
from webapp.store import Store
from webapp.trips import views

LOOK_S = 2.0
"""So often the files are looked at."""
SETTLED_S = 1.0
"""Files that changed less than so long ago may still be on their way."""

TRIES = 5
"""So often the files are read at the start while they change."""

Stamp = tuple[tuple[str, int, int, int], ...]


class Served:
    """Keeps the store of an app up to date with the files of its data package.

    Attributes
    ----------
    faults
        What is wrong with the files as they are now; empty where they are what is served.
    """

    def __init__(self, app: Flask) -> None:
        self.faults: tuple[str, ...] = ()
        self._app = app
        self._folder: Path = app.config["DATA"]
        self._stamp: Stamp | None = None
        self._refused: Stamp | None = None
        self._created = self._now()
        self._looked = -LOOK_S
        self._lock = threading.Lock()

    def before_request(self) -> None:
        """Let the request have the newest whole package, one and the same from its beginning to its
        end.

        Raises
        ------
        UnavailableError
            No package could be read since the start.
        """
        if request.endpoint == "static":
            return
        if self._lock.acquire(blocking=self._stamp is None):
            try:
                if time.monotonic() - self._looked >= LOOK_S:
                    for _attempt in range(1 if self._stamp else TRIES):
                        if self._look():
                            break
                    self._looked = time.monotonic()
            finally:
                self._lock.release()
        if self._stamp is None:
            raise UnavailableError(
                _(
                    "The data of this server cannot be read. The operator finds the reason in its"
                    " log."
                )
            )
        g.store = self._app.extensions["zoneatlas"]

    def _look(self) -> bool:
        """Serve the files as they are, or refuse them; False if they changed while they were
        read.
        """
        self._folder = self._released()
        stamp = self._now()
        first = self._stamp is None
        if stamp == self._stamp:
            self.faults, self._refused = (), None
        elif first or (stamp != self._refused and self._settled()):
            try:
                store = self._open(stamp, first=first)
            except Exception as error:  # whatever is wrong with a file, the server goes on
                self._refuse(stamp, error)
            else:
                if stamp != self._now():
                    return False
                self._app.extensions["zoneatlas"], self._stamp, self.faults, self._refused = (
                    store,
                    stamp,
                    (),
                    None,
                )
                if not first:
                    gc.unfreeze()  # what the server froze of the old package may go
                    self._app.logger.warning(
                        "The data package %s has changed; the new version is served.", self._folder
                    )
        return True

    def _released(self) -> Path:
        """Return the folder of the newest release, if that is what is served; the last one while
        the store does not answer.
        """
        config = self._app.config
        if "BASE" not in config:
            return self._folder
        try:
            return settings.released(
                config["BASE"], config["HOME"], config["STORE"], config["RELEASE"]
            )
        except AtlasError as error:
            self._app.logger.warning("The releases cannot be read: %s", error)
            return self._folder

    def _refuse(self, stamp: Stamp, error: Exception) -> None:
        """Keep what is served, and say in the log, once for each version of the files, what is
        wrong with the new one.
        """
        faults = tuple(getattr(error, "faults", ())) or (str(error),)
        if stamp == self._now() != self._refused:
            lines, unforeseen = "\n  ".join(faults), not isinstance(error, AtlasError)
            self._app.logger.error(
                "The data package %s is not served as it is now:\n  %s",
                self._folder,
                lines,
                exc_info=unforeseen,
            )
            self.faults, self._refused = faults, stamp

    def _open(self, stamp: Stamp, *, first: bool) -> Store:
        """Read all of the package; one that takes the place of another is checked, too."""
        store: Store = self._app.extensions["zoneatlas"]
        if not first:
            wrong = [
                f"{name}: {fault}"
                for name, faults in package_check.check(self._folder).items()
                for fault in faults
            ]
            if wrong:
                raise InputError("faults", wrong)
        if not first or self._now() != self._created:
            store = Store(self._folder, store.home, store.public_url)
        if isinstance(store, Store):
            store.version = repr(stamp)
            store.read_all()
            views.examples(store)
            if not first:
                store.network()
        return store

    def _now(self) -> Stamp:
        """Return name, size, time of change and number of each file that is read."""
        stamps = []
        for path in self._files():
            try:
                status = path.stat()
            except OSError:
                continue
            stamps.append((path.name, status.st_size, status.st_mtime_ns, status.st_ino))
        return tuple(stamps)

    def _files(self) -> list[Path]:
        names = (
            "datapackage.json",
            *(f"{name}.csv" for name in (*LAYERS, *TABLES)),
            examples.FILE,
            layers.OUTLINES,
        )
        return [
            *(self._folder / name for name in names),
            *sorted((self._folder / trip_file.FOLDER).glob("*.yaml")),
        ]

    def _settled(self) -> bool:
        """Check whether the last change is some time ago, by times that a copy does not bring
        along.
        """
        latest = 0.0
        for path in (self._folder, *self._files()):
            try:
                latest = max(
                    latest, path.stat().st_ctime, path.stat().st_mtime if path.is_dir() else 0.0
                )
            except OSError:
                continue
        return not 0 <= time.time() - latest < SETTLED_S
