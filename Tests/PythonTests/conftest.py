"""The worlds that tests take place in: real library, real files, a real hub on loopback.

Run by `Tests/PythonTests/run.sh`, which sets SATCHEL_LIBRARY, SATCHEL_HUB and PYTHONPATH.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import satchel

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "Fixtures/course/arithmetic-to-algebra.satchelpack"
MODEL = ROOT / "Fixtures/model/first.safetensors"


@dataclass
class Classroom:
    """A store with the fixture course and one learner, Mei."""

    replica: satchel.Replica
    mei: str
    folder: Path


def classroom_in(folder: Path) -> Classroom:
    folder.mkdir(exist_ok=True)
    replica = satchel.Replica(folder / "lesson.sqlite")
    replica.import_pack(PACK)
    return Classroom(replica, replica.add_learner("Mei"), folder)


@pytest.fixture
def classroom(tmp_path: Path) -> Iterator[Classroom]:
    found = classroom_in(tmp_path / "here")
    yield found
    found.replica.close()


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Classroom]:
    found = classroom_in(tmp_path / "there")
    yield found
    found.replica.close()


class Hub:
    """A hub's program, serving on loopback."""

    def __init__(self, folder: Path) -> None:
        self.program = os.environ["SATCHEL_HUB"]
        self.store = folder / "hub.sqlite"
        self.run("init")
        self.process = subprocess.Popen(
            [self.program, "serve", "--store", self.store, "--listen", "127.0.0.1:0"],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr
        line = self.process.stderr.readline()
        assert line.startswith("listening on "), line
        self.url = line.removeprefix("listening on ").strip()

    def run(self, *command: str) -> dict[str, object]:
        whole = [self.program, *command, "--store", self.store, "--json"]
        return json.loads(subprocess.run(whole, check=True, capture_output=True, text=True).stdout)

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    found = Hub(tmp_path)
    yield found
    found.stop()
