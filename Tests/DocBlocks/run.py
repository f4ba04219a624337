#!/usr/bin/env python3
"""Runs every fenced block of every page. README.md beside this file says how.

Usage: run.py BUILD LIBRARY [PAGE...]

BUILD is what `swift build --show-bin-path` tells, LIBRARY the folder with libsatchel.so. The last line is `N passed, N failed`.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import worlds
from worlds import ROOT, World

#: A block that takes longer is not one that a reader waits for.
SECONDS_MAX = 300


@dataclass
class Block:
    page: str
    line: int
    tag: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


class Failure(Exception):
    pass


def pages() -> list[str]:
    inside = [path for path in (ROOT / "Docs").rglob("*.md")]
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(inside)]
    return [str(path.relative_to(ROOT)) for path in found]


def blocks(page: str) -> list[Block]:
    found, opened = [], None
    for number, line in enumerate((ROOT / page).read_text().split("\n"), 1):
        if not line.lstrip().startswith("```"):
            if opened is not None:
                opened.text += line + "\n"
        elif opened is None:
            opened = Block(page, number, line.strip().removeprefix("```"), "")
        else:
            found.append(opened)
            opened = None
    if opened is not None:
        raise Failure(f"{opened.place}: the block is not closed")
    return found


class Reader:
    """Somebody who reads one page and types what it says."""

    def __init__(self, page: str, world: World, library: Path) -> None:
        self.page = page
        self.world = world
        self.library = library
        self.output = ""
        self.servers: list[subprocess.Popen[str]] = []
        path = f"{world.programs}:{os.environ['PATH']}"
        self.environment = {
            **os.environ,
            "PATH": path,
            "SATCHEL_STORE": str(world.folder / "device.sqlite"),
            "SATCHEL_LIBRARY": str(library / "libsatchel.so"),
            "PYTHONPATH": str(ROOT / "Sources/SatchelPython"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LD_LIBRARY_PATH": str(library),
            "LANG": "C.UTF-8",
        }

    def run(self, command: list[str | Path], **more: object) -> str:
        done = subprocess.run(
            command,
            cwd=self.world.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            stdin=subprocess.DEVNULL,
            **more,  # type: ignore[arg-type]
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr)[-2000:]
            raise Failure(f"{command[-1]}\nended with {done.returncode}\n{said}")
        return done.stdout

    def sh(self, block: Block) -> None:
        self.output = ""
        for line in block.text.splitlines():
            line = line.split("  #")[0].strip()
            target = worlds.MAKE.match(line)
            if target:
                self.demand_target(target[1])
            elif " serve " in line:
                self.serve(self.world.spoken(line))
            elif line and not line.startswith("#"):
                self.output += self.run(["bash", "-c", self.world.spoken(line)])
                if " invite" in line:
                    found = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", self.output)
                    self.world.code = found[0] if found else ""

    def demand_target(self, name: str) -> None:
        if not re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), re.MULTILINE):
            raise Failure(f"the Makefile has no target {name}")

    def serve(self, line: str) -> None:
        """Starts a hub, and leaves it running until the page ends. A second one on the page takes its place."""
        self.stop_servers()
        server = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=self.world.folder,
            env=self.environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self.servers.append(server)
        assert server.stderr
        said = server.stderr.readline()
        if not said.startswith("listening on"):
            raise Failure(f"{line}\nsaid {said}{server.stderr.read()}")

    def stop_servers(self) -> None:
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=60)
        self.servers = []

    def c(self, block: Block) -> None:
        (self.world.folder / "block.c").write_text(block.text)
        flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-I", ROOT / "Sources/CSatchel/include"]
        link = ["-o", "block", "-L", self.library, "-lsatchel"]
        self.run(["cc", *flags, "block.c", *link])
        self.output = self.run([self.world.folder / "block"])

    def python(self, block: Block) -> None:
        self.output = self.run([sys.executable, "-c", block.text])

    def swift(self, block: Block) -> None:
        if self.page in worlds.SWIFT_ELSEWHERE:
            demand_file(worlds.SWIFT_ELSEWHERE[self.page])
        elif block.text.startswith("dependencies: ["):
            self.manifest(block)
        # Fragments are checked together, when the page is at its end.

    def manifest(self, block: Block) -> None:
        """A part of a Package.swift: it must be one that SwiftPM takes, and name a product of ours."""
        manifest = f'// swift-tools-version: 6.2\nimport PackageDescription\nlet package = Package(name: "app", {block.text})\n'
        (self.world.folder / "Package.swift").write_text(manifest)
        told = self.run(["swift", "package", "dump-package"])
        ours = (ROOT / "Package.swift").read_text()
        for product in re.findall(r'product\(name: "(\w+)"', block.text):
            if product not in told or f'.library(name: "{product}"' not in ours:
                raise Failure(f"no product {product}")

    def fragments(self, all_blocks: list[Block]) -> None:
        parts = [b.text for b in all_blocks if b.tag == "swift" and not b.text.startswith("dependencies")]
        if not parts or self.page in worlds.SWIFT_ELSEWHERE:
            return
        if self.page not in worlds.SWIFT_FRAMES:
            raise Failure(f"{self.page}: worlds.py has no frame for its Swift")
        source = self.world.folder / "fragments.swift"
        source.write_text(worlds.SWIFT_FRAMES[self.page] % "\n".join(parts))
        build = self.world.programs
        folders = [build / "Modules", build / "CCurlShim.build", build / "CKernels.build"]
        checkouts = (build / "Modules").resolve().parents[2] / "checkouts"
        folders += [checkouts / "GRDB.swift/Sources/GRDBSQLite"]
        folders += [ROOT / "Sources/CZstd", ROOT / "Sources/CArchive", ROOT / "Sync/CCurl"]
        search = [part for folder in folders for part in ("-I", folder)]
        self.run(["swiftc", "-typecheck", "-swift-version", "6", *search, source])

    def text(self, block: Block) -> None:
        if self.page in worlds.TEXT_ELSEWHERE:
            demand_file(worlds.TEXT_ELSEWHERE[self.page])
        elif self.output.rstrip() != block.text.rstrip():
            raise Failure(f"it printed\n{self.output}and not\n{block.text}")


def demand_file(name: str) -> None:
    if not (ROOT / name).exists():
        raise Failure(f"{name}, which should compare this, is not there")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def read(page: str, build: Path, library: Path) -> tuple[int, int]:
    """Reads one page; how many blocks passed and failed."""
    found = blocks(page)
    if not found:
        return 0, 0
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="satchel-docs-") as folder:
        world = World(Path(folder), build)
        world.port = free_port()
        for prepare in worlds.WORLDS.get(page, []):
            prepare(world)
        reader = Reader(page, world, library)
        try:
            for block in found:
                start = time.monotonic()
                try:
                    run = {"sh", "c", "python", "swift", "text"} & {block.tag}
                    if not run:
                        raise Failure(f"the tag {block.tag!r} says not what it is")
                    getattr(reader, block.tag)(block)
                    passed += 1
                    print(f"ok     {block.place} {block.tag} {time.monotonic() - start:.1f} s", flush=True)
                except (Failure, subprocess.SubprocessError) as failure:
                    failed += 1
                    print(f"FAILED {block.place} {block.tag}\n{failure}", flush=True)
            try:
                reader.fragments(found)
            except Failure as failure:
                failed += 1
                print(f"FAILED {page} swift\n{failure}", flush=True)
        finally:
            reader.stop_servers()
    return passed, failed


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, library = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    passed = failed = 0
    for page in sys.argv[3:] or pages():
        done = read(page, build, library)
        passed, failed = passed + done[0], failed + done[1]
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)


if __name__ == "__main__":
    main()
