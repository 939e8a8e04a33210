"""What is installed from a wheel must be whole: it is built, unpacked elsewhere, and asked from
another folder.
"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
from pathlib import Path
import geo, webapp
from geo import layers, package_check
assert Path(geo.__file__).is_relative_to(Path({folder!r})), geo.__file__
client = webapp.create_app().test_client()
for path in ("/", "/table?layer=gates", "/static/app.css", "/static/vendor/leaflet-1.9.4/leaflet.js", "/basemap.pmtiles"):
    assert client.get(path).status_code == 200, path
assert not any(package_check.check(layers.bundled()).values())
client = webapp.create_app({{"DATA": {toy!r}}}).test_client()  # whose roads are built at once
for path in ("/table", "/sites/west-park"):
    assert client.get(path).status_code == 200, path
assert "Bản đồ" in client.get("/table?lang=vi").text
"""  # noqa: E501


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_wheel_holds_only_the_two_packages(wheel: Path) -> None:
    """Nothing but geo, webapp and the metadata lands in site-packages."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"geo", "webapp"}


def test_wheel_is_small(wheel: Path) -> None:
    """It stays below 25 MB, roads, basemap and people included."""
    assert wheel.stat().st_size < 25e6


def test_unpacked_wheel_serves_from_another_folder(wheel: Path, toy: Path, tmp_path: Path) -> None:
    """The app finds its data, templates and browser files without the repository, and all data are
    there.
    """
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ZONEATLAS_")}
    command = [sys.executable, "-c", ASK.format(folder=str(site), toy=str(toy))]
    done = subprocess.run(
        command,
        cwd=elsewhere,
        env=clean
        | {"PYTHONPATH": str(site), "ZONEATLAS_HOME": str(tmp_path / "home")}
        | {"NUMBA_DISABLE_JIT": "1"},  # which would take longer than all else
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
