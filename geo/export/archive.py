"""Archives that say nothing of the time at which they were written."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The first that an archive can name."""
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Write files into an archive, in their order; the same on every system."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, FIRST_DAY)
            member.create_system = 3
            archive.writestr(member, data, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def dateless(workbook: bytes) -> bytes:
    """Take the time of writing out of a workbook (XLSX)."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    core = "docProps/core.xml"
    files[core] = _TIME.sub(b"2000-01-01T00:00:00Z", files[core])
    return zipped(files)
