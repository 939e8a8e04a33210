"""Layers of industrial zones, border gates and corridors, and how they are reached: frames in,
frames out.

``from geo import Atlas`` is the front door; ``__init__.pyi`` lists what the package hands on. Each
name is loaded when it is first used: importing this package loads no large library."""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
