"""The desktop example, driven by keys in a window on a screen that nobody sees."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import satchel
from conftest import ROOT, Hub

APP = ROOT / "Docs/Examples/desktop/run.sh"
NEEDED = ("Xvfb", "xdotool", "import", "convert")
MISSING = [name for name in NEEDED if not shutil.which(name)]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"{', '.join(MISSING)} missing: run.sh installs them for root alone"
)


def until(true: Callable[[], bool], what: str) -> None:
    for _ in range(300):
        if true():
            return
        time.sleep(0.1)
    pytest.fail(f"waited half a minute for {what}")


class Screen:
    """A screen of its own, and what a person does at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        read, write = os.pipe()
        # Xvfb finds a free number itself, and writes it.
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1000x700x24"]
        self.server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as file:
            number = file.readline().strip()
        self.environment = {**os.environ, "DISPLAY": f":{number}", "GSK_RENDERER": "cairo"}

    def run(self, *command: str | Path) -> str:
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        ).stdout

    def window(self, title: str) -> None:
        """Waits for a window and lets keys go to it."""

        def is_there() -> bool:
            found = subprocess.run(
                ["xdotool", "search", "--onlyvisible", "--name", title, "windowfocus"],
                env=self.environment,
                capture_output=True,
            )
            return found.returncode == 0

        until(is_there, f"the window {title}")

    def key(self, name: str) -> None:
        self.run("xdotool", "key", name)

    def type(self, text: str) -> None:
        self.run("xdotool", "type", text)

    def click(self, x: int, y: int) -> None:
        self.run("xdotool", "mousemove", str(x), str(y), "click", "1")

    def colours(self) -> int:
        """Takes a screenshot; how many different colours it has."""
        picture = self.folder / "screen.png"
        self.run("import", "-window", "root", picture)
        return int(self.run("convert", picture, "-unique-colors", "-format", "%w", "info:"))

    def stop(self) -> None:
        self.server.terminate()
        self.server.wait()


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    found = Screen(tmp_path)
    yield found
    found.stop()


class App:
    """The example, started as its README says."""

    def __init__(self, screen: Screen, store: Path, *arguments: str) -> None:
        self.store = store
        self.log = store.with_suffix(".log").open("w+")
        self.process = subprocess.Popen(
            [APP, "--store", store, *arguments],
            env=screen.environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def answers(self) -> int:
        """As another process reads them from the store."""
        try:
            with satchel.Replica(self.store, create=False) as replica:
                return replica.record_count(replica.learner("Mei"))
        except satchel.SatchelError:
            return 0

    def stop(self) -> str:
        """Ends it; what it said."""
        self.process.terminate()
        self.process.wait(20)
        self.log.seek(0)
        return self.log.read()


@pytest.mark.parametrize(("language", "title"), [("en", "Lesson"), ("zh", "学习")])
def test_an_answer_by_keys_reaches_the_store(
    screen: Screen, tmp_path: Path, language: str, title: str
) -> None:
    empty = screen.colours()
    app = App(screen, tmp_path / "lesson.sqlite", "--lang", language)
    try:
        screen.window(title)
        screen.type("Mei")
        screen.key("Return")

        def answer_is_there() -> bool:
            # The window may still be drawing what the key is for; a key too many chooses nothing.
            screen.key("1")
            time.sleep(0.3)
            return app.answers() == 1

        until(answer_is_there, "the answer")
        until(lambda: screen.colours() > empty + 20, "a picture")
    finally:
        said = app.stop()
    assert "Traceback" not in said, said


def test_the_main_loop_brings_an_answer_to_the_hub(
    screen: Screen, tmp_path: Path, hub: Hub
) -> None:
    store = tmp_path / "lesson.sqlite"
    app = App(screen, store, "--lang", "en", "--hub", hub.url)
    try:
        screen.window("Lesson")
        screen.type("Mei")
        screen.key("Return")

        def hub_has_met_her() -> bool:
            screen.key("1")
            screen.click(887, 583)
            time.sleep(0.3)
            return bool(hub.run("devices")["devices"])

        until(hub_has_met_her, "the round")
    finally:
        said = app.stop()
    assert "Traceback" not in said, said
    assert app.answers() >= 1
