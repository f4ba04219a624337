"""What a page's reader has before her: files, a hub in reach, and words that stand for what differs on each machine."""

from __future__ import annotations

import csv
import gzip
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "Fixtures/course/arithmetic-to-algebra.satchelpack"

#: Pages whose `text` blocks are compared with the code by another test.
TEXT_ELSEWHERE = {
    "README.md": "Tests/DocsTests/ReadmeTests.swift",
    "Docs/README.zh.md": "Tests/DocsTests/ReadmeTests.swift",
    "Docs/protocol.md": "Tests/DocsTests/ProtocolTests.swift",
}

#: Pages whose `swift` blocks are whole programs that another test compiles and runs.
SWIFT_ELSEWHERE = {
    "README.md": "Tests/DocsTests/ReadmeTests.swift",
    "Docs/README.zh.md": "Tests/DocsTests/ReadmeTests.swift",
}

#: Commands that CI runs by themselves, or that measure for an hour: that the target is there is checked, no more.
MAKE = re.compile(r"make ([a-z-]+)")


class World:
    """A scratch folder for one page, and the programs that it starts."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.port = 0
        self.code = ""
        (folder / "Fixtures").symlink_to(ROOT / "Fixtures")
        (folder / PACK.name).symlink_to(PACK)
        (folder / "stick").mkdir()

    def run(self, *command: str | Path) -> str:
        return subprocess.run(
            [self.programs / command[0], *command[1:]],
            check=True,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={"SATCHEL_STORE": str(self.folder / "device.sqlite"), "PATH": "/usr/bin:/bin"},
        ).stdout

    def device(self) -> str:
        """The id of some device that the hub knows."""
        answer = self.run("satchel-hub", "devices", "--store", "class.sqlite", "--json")
        return json.loads(answer)["devices"][0]["device"]

    def spoken(self, line: str) -> str:
        """The line with the words of the page replaced by those of this world."""
        line = line.replace("/media/stick", str(self.folder / "stick"))
        line = line.replace("0.0.0.0:8090", f"127.0.0.1:{self.port}")
        line = line.replace("192.168.1.10:8090", f"127.0.0.1:{self.port}")
        line = line.replace("127.0.0.1:8090", f"127.0.0.1:{self.port}")
        if "7K3M-9QXA" in line:
            line = line.replace("7K3M-9QXA", self.code)
        if "revoke 3f9a1c" in line:
            line = line.replace("3f9a1c", self.device())
        return line


def class_data(world: World) -> None:
    """Logged answers with folds, as a trainer has them: the fixture class, twice, and a log of reviews."""
    data = gzip.decompress((ROOT / "Fixtures/class/class.csv.gz").read_bytes())
    for name in ("interactions.csv.gz", "other.csv.gz"):
        (world.folder / name).write_bytes(gzip.compress(data))
    learners = sorted({row["learner"] for row in csv.DictReader(data.decode().splitlines())})
    with (world.folder / "folds.csv").open("w") as file:
        print("learner,fold", file=file)
        for place, learner in enumerate(learners):
            print(f"{learner},{place % 5}", file=file)
    reviews(world.folder / "revlog.csv")
    world.run("satchel-hub", "init", "--store", "class.sqlite")


def reviews(path: Path) -> None:
    """Reviews of 60 cards by a learner who forgets a little more slowly than the defaults say; made here, by a rule."""
    with path.open("w") as file:
        print("card_id,review_time,review_rating", file=file)
        for card in range(60):
            time, interval = 1_700_000_000_000 + card * 7_200_000, 1.0
            for review in range(8):
                forgotten = (card * 7 + review * 5) % 11 == 0
                print(f"{card},{time},{1 if forgotten else 3}", file=file)
                interval = 1.0 if forgotten else interval * 2.2
                time += int(interval * 86_400_000)


def class_device(world: World) -> None:
    """A device with the class's answers, so that a hub has something to train on."""
    world.run("satchel", "init")
    world.run("satchel", "import", PACK)
    world.run("satchel", "record", "--from", ROOT / "Fixtures/class/class.csv.gz", "--quiet")


WORLDS: dict[str, list[Callable[[World], None]]] = {
    "Docs/guide-trainer.md": [class_data],
    "Docs/guide-teacher.md": [class_device],
}

#: What the Swift fragments of a page stand in.
SWIFT_FRAMES = {
    "Docs/guide-app.md": """\
import Foundation
import Satchel

func show(_ progress: LearnerProgress, _ recommendations: [Recommendation]) {}

func lesson(replica: Replica, mei: LearnerID) async throws {
%s
}
""",
    "Docs/Satchel.docc/FirstRecommendation.md": """\
import Foundation
import Satchel

func lesson(in folder: URL) throws {
%s
}
""",
}
