"""The wheel, as `pip install` takes it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import PACK, ROOT

PROGRAM = """
import satchel, sys
with satchel.Replica(sys.argv[1]) as replica:
    replica.import_pack(sys.argv[2])
    mei = replica.add_learner("Mei")
    replica.record(mei, replica.recommend(mei, limit=1)[0].item, True)
    print(satchel.__version__, satchel.__file__, replica.record_count(mei))
"""


def build(folder: Path) -> Path:
    script = ROOT / "Sources/SatchelPython/build-wheel.py"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1788768000"}
    library = os.environ["SATCHEL_STRIPPED_LIBRARY"]
    subprocess.run([sys.executable, script, library, folder], check=True, env=environment)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


def test_a_wheel_installs_into_a_clean_environment_and_works_there(
    wheel: Path, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    pip = [python, "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, wheel], check=True, env=clean)

    arguments = [python, "-c", PROGRAM, tmp_path / "lesson.sqlite", PACK]
    done = subprocess.run(
        arguments, check=True, env=clean, cwd=tmp_path, capture_output=True, text=True
    )

    version, file, count = done.stdout.split()
    assert wheel.name.startswith(f"satchel-{version}-py3-none-manylinux_")
    assert file.startswith(str(tmp_path / "venv")) and count == "1"


def test_the_same_inputs_make_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_a_wheel_holds_types_licence_and_nothing_but_the_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "satchel/py.typed" in names and "satchel/libsatchel.so.0" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert all(name.startswith("satchel") and "__pycache__" not in name for name in names)


def test_a_library_that_needs_strangers_makes_no_wheel(tmp_path: Path) -> None:
    script = ROOT / "Sources/SatchelPython/build-wheel.py"
    done = subprocess.run(
        [sys.executable, script, sys.executable, tmp_path], capture_output=True, text=True
    )
    assert done.returncode != 0 and not list(tmp_path.iterdir())
