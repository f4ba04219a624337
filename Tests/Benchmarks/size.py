#!/usr/bin/env python3
"""How large the client library is and what fills it, and how fast and small a client starts, beside LiteRT's and Anki's packages.

Usage: Tests/Benchmarks/size.py SATCHEL LIBRARY UNSTRIPPED WHEEL PYTHON

SATCHEL is the program, LIBRARY the stripped library's folder, UNSTRIPPED the same library with symbols, WHEEL the folder with the wheel, PYTHON an interpreter
where `pip install ai-edge-litert anki` was run; what is not installed there is left out, and said.
"""

from __future__ import annotations

import collections
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Who a symbol belongs to, by the beginning of its name; the first that fits.
OWNERS = [
    ("Satchel", r"\$s\w?\d*\w*?Satchel|\$s7Satchel|satchel_|ckernels_|multiply"),
    ("GRDB", r"\$s4GRDB"),
    ("SwiftProtobuf", r"\$s13SwiftProtobuf"),
    ("Swift Crypto and BoringSSL", r"CCryptoBoringSSL|\$s6Crypto|\$s12CryptoExtras|.*BoringSSL|\$s9SwiftASN1|_ZN4bssl"),
    ("ICU", r".*icu|u[a-z]+_|swift_u|.*_76_swift"),
    ("Foundation", r"\$s(10Foundation|20FoundationEssentials|\d+Foundation)|_?CF|__CF|\$sSo"),
    ("Swift runtime and standard library", r"swift_|_swift|\$ss|\$sS|\$s|_ZN5swift|_dispatch|dispatch|_ZN"),
]


def owner(symbol: str) -> str:
    return next((name for name, begins in OWNERS if re.match(begins, symbol)), "all else")


def parts(library: Path) -> dict[str, int]:
    """Bytes of code and data by owner, as far as symbols tell; the rest is what has none."""
    found: collections.Counter[str] = collections.Counter()
    text = subprocess.run(["nm", "--print-size", "--defined-only", library], check=True, capture_output=True, text=True)
    for line in text.stdout.splitlines():
        fields = line.split(" ", 3)
        if len(fields) == 4 and fields[2].lower() != "b":
            found[owner(fields[3])] += int(fields[1], 16)
    return dict(found.most_common())


def package(python: str, name: str) -> int | None:
    """Bytes of an installed package's files."""
    program = (
        "import importlib.metadata as m, sys\n"
        "try: files = m.files(sys.argv[1])\n"
        "except m.PackageNotFoundError: sys.exit()\n"
        "print(sum(f.locate().stat().st_size for f in files if f.locate().exists()))"
    )
    out = subprocess.run([python, "-c", program, name], capture_output=True, text=True).stdout
    return int(out) if out.strip() else None


def start(command: list[str]) -> tuple[float, float]:
    """Milliseconds from a program's start to its end, the median of 9, and its most memory in MB, which it tells itself."""
    tell = "; print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')))"
    times, memory = [], 0.0
    for _ in range(9):
        begin = time.perf_counter()
        whole = [*command[:-1], command[-1] + tell]
        output = subprocess.run(whole, check=True, capture_output=True, text=True).stdout
        times.append(1000 * (time.perf_counter() - begin))
        memory = int(output.split()[1]) / 1024
    return sorted(times)[4], memory


def main() -> None:
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    satchel, library, unstripped, wheel, python = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="satchel-size-") as folder:
        client = Path(folder) / "first"
        include = ROOT / "Sources/CSatchel/include"
        link = ["-L", library, "-lsatchel", f"-Wl,-rpath,{Path(library).resolve()}"]
        subprocess.run(["cc", "-O2", "-I", include, ROOT / "Tests/Benchmarks/first.c", "-o", client, *link], check=True)
        file = Path(library) / "libsatchel.so"
        measured = [satchel, "bench", "size", "open", "--library", file, "--client", client, "--json"]
        output = subprocess.run(measured, check=True, capture_output=True, text=True).stdout
        for result in json.loads(output)["results"]:
            print(f"{result['name']:22} {result['value']:8.1f} {result['unit']}")
        print()
        for path in Path(wheel).glob("*.whl"):
            print(f"the wheel              {path.stat().st_size / 1e6:8.1f} MB")
    print("\nwhat fills the library, MB by symbols:")
    for name, size in parts(Path(unstripped)).items():
        print(f"  {name:36} {size / 1e6:6.1f}")
    print("\nbeside it, installed MB; import to end, ms; MB resident:")
    for name, program in (
        ("ai-edge-litert", "from ai_edge_litert.interpreter import Interpreter"),
        ("anki", "import anki.collection"),
    ):
        size = package(python, name)
        if size is None:
            print(f"  {name}: not installed for {python}, skipped")
            continue
        milliseconds, memory = start([python, "-c", program])
        print(f"  {name:16} {size / 1e6:6.1f} MB {milliseconds:7.0f} ms {memory:6.0f} MB")
    bare, memory = start([python, "-c", "pass"])
    print(f"  {'python alone':16}           {bare:7.0f} ms {memory:6.0f} MB")


if __name__ == "__main__":
    main()
