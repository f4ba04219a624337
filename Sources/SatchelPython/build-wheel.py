#!/usr/bin/env python3
"""Makes the wheel of the package, with the library inside, by the standard library alone.

Usage: build-wheel.py LIBRARY FOLDER

LIBRARY is a stripped libsatchel.so, FOLDER gets satchel-<version>-py3-none-manylinux_<glibc>_<machine>.whl. The same inputs give the
same bytes: names are sorted, and times are SOURCE_DATE_EPOCH or the oldest that a zip can hold.

A wheel is a zip of the package and of three files about it (PyPA, "Binary distribution format"): METADATA, WHEEL and RECORD, the list of all
files with their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# What a machine may be asked to have: the C and C++ runtimes that manylinux wheels count on, and four system libraries.
NEEDED = re.compile(
    r"lib(c|m|gcc_s)\.so\.\d|libstdc\+\+\.so\.6|ld-linux-.*"
    r"|libsqlite3\.so\.0|libcurl\.so\.4|libzstd\.so\.1|libarchive\.so\.13"
)


def dynamic_entries(library: Path, tag: str) -> list[str]:
    text = subprocess.run(
        ["readelf", "-d", library], check=True, capture_output=True, text=True
    ).stdout
    return re.findall(rf"\({tag}\).*\[(.*)\]", text)


def check(library: Path) -> None:
    strangers = [name for name in dynamic_entries(library, "NEEDED") if not NEEDED.fullmatch(name)]
    if strangers:
        sys.exit(f"{library} needs {', '.join(strangers)}: was it linked by Packaging/link.sh?")
    if dynamic_entries(library, "SONAME") != ["libsatchel.so.0"]:
        sys.exit(f"{library} has another soname than libsatchel.so.0")


def glibc(library: Path) -> str:
    """The newest glibc that the library asks for, as manylinux tags write it: `2_34`."""
    text = subprocess.run(
        ["readelf", "--version-info", library], check=True, capture_output=True, text=True
    ).stdout
    found = re.findall(r"GLIBC_(\d+)\.(\d+)", text)
    if "GLIBC_ABI_DT_RELR" in text:
        # Packed relocations, which came with 2.36.
        found.append(("2", "36"))
    major, minor = max((int(major), int(minor)) for major, minor in found)
    return f"{major}_{minor}"


def version() -> str:
    source = (ROOT / "Sources/SatchelCore/SatchelVersion.swift").read_text()
    return re.search(r'text = "(.*)"', source)[1]  # type: ignore[index]


def project(name: str) -> str:
    text = (HERE / "pyproject.toml").read_text()
    return re.search(rf'^{name} = "(.*)"', text, re.MULTILINE)[1]  # type: ignore[index]


def metadata() -> str:
    text = (HERE / "pyproject.toml").read_text()
    classifiers = re.findall(r'^  "(.*)",$', text, re.MULTILINE)
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project('name')}",
        f"Version: {version()}",
        f"Summary: {project('description')}",
        f"License-Expression: {project('license')}",
        "License-File: LICENSE",
        f"Requires-Python: {project('requires-python')}",
        *[f"Classifier: {classifier}" for classifier in classifiers],
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join(lines) + "\n\n" + (HERE / "DESCRIPTION.md").read_text()


def files(library: Path, tag: str) -> dict[str, bytes]:
    info = f"satchel-{version()}.dist-info"
    found = {
        f"satchel/{path.name}": path.read_bytes()
        for path in HERE.glob("satchel/*")
        if path.suffix in (".py", ".typed") or path.name == "py.typed"
    }
    found["satchel/libsatchel.so.0"] = library.read_bytes()
    found[f"{info}/METADATA"] = metadata().encode()
    wheel = f"Wheel-Version: 1.0\nGenerator: build-wheel.py\nRoot-Is-Purelib: false\nTag: {tag}\n"
    found[f"{info}/WHEEL"] = wheel.encode()
    found[f"{info}/licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    rows = []
    for name, data in sorted(found.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(data)}\n")
    found[f"{info}/RECORD"] = ("".join(rows) + f"{info}/RECORD,,\n").encode()
    return found


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    library, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    check(library)
    tag = f"py3-none-manylinux_{glibc(library)}_{platform.machine()}"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"satchel-{version()}-{tag}.whl"
    moment = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), 315_532_800))
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(files(library, tag).items()):
            entry = zipfile.ZipInfo(name, moment[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name.endswith(".so.0") else 0o100644) << 16
            archive.writestr(entry, data)
    partial.replace(target)
    print(f"{target}  {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
