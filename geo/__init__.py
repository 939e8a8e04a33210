"""Layers of industrial zones, border gates and corridors, and how they are reached: frames in,
frames out.

The modules build on each other in one direction::

    errors, crs <- layers, proximity, network <- corridors, osm, access <- export, maps <- webapp

Importing this package reads no file, opens no connection and loads no large library.
"""

__version__ = "0.1.0"
