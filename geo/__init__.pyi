from .atlas import Atlas as Atlas
from .roads.drive import Drive as Drive

__version__: str
