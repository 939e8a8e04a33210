"""Layers of industrial zones, border gates and corridors, and how they are reached: frames in,
frames out.

``from geo import Atlas`` is the front door. Importing this package reads no file, opens no
connection and loads no large library; the atlas is loaded when its name is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geo.atlas import Atlas as Atlas
    from geo.roads.drive import Drive as Drive

__version__ = "0.1.0"
__all__ = ["Atlas", "Drive", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Atlas":
        from geo.atlas import Atlas

        return Atlas
    if name == "Drive":
        from geo.roads.drive import Drive

        return Drive
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
