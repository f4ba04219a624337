"""The border to C: layouts, names, errors, threads, what comes in wrong."""

from __future__ import annotations

import ctypes
import pickle
import re
import subprocess
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import satchel
from conftest import ROOT, Classroom
from satchel import Feedback, ItemKind, Language, SatchelError, _library, _structures

HEADER = (ROOT / "Sources/CSatchel/include/satchel.h").read_text()


def structures() -> dict[str, type[ctypes.Structure]]:
    found = vars(_structures).values()
    return {
        kind.__name__: kind
        for kind in found
        if isinstance(kind, type) and issubclass(kind, ctypes.Structure) and kind is not ctypes.Structure
    }


def c_name(name: str) -> str:
    return "satchel_" + re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_every_struct_lies_in_memory_as_the_header_says(tmp_path: Path) -> None:
    lines = ["#include <satchel.h>", "#include <stdio.h>", "int main(void) {"]
    expected = []
    for name, kind in structures().items():
        lines.append(f'printf("%zu\\n", sizeof({c_name(name)}));')
        expected.append(ctypes.sizeof(kind))
        for field, _ in kind._fields_:
            lines.append(f'printf("%zu\\n", offsetof({c_name(name)}, {field}));')
            expected.append(getattr(kind, field).offset)
    (tmp_path / "layout.c").write_text("\n".join([*lines, "return 0; }"]))
    program = tmp_path / "layout"
    include = ROOT / "Sources/CSatchel/include"
    subprocess.run(["cc", "-I", include, tmp_path / "layout.c", "-o", program], check=True)
    output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    assert [int(line) for line in output.split()] == expected


def test_every_function_and_struct_of_the_header_is_known() -> None:
    functions = set(re.findall(r"^[a-z][\w *]*?\b(satchel_\w+)\(", HEADER, re.MULTILINE))
    assert functions == set(_library._FUNCTIONS)
    declared = set(re.findall(r"^typedef struct (satchel_\w+) \{", HEADER, re.MULTILINE))
    assert declared == {c_name(name) for name in structures()}


def test_the_numbers_of_the_header_are_those_of_the_package() -> None:
    numbers = {name: int(value) for name, value in re.findall(r"(SATCHEL_\w+) = (\d+)", HEADER)}
    for kind, prefix in ((Feedback, "FEEDBACK"), (ItemKind, "ITEM")):
        assert all(numbers[f"SATCHEL_{prefix}_{one.name}"] == one for one in kind)
    assert all(numbers[f"SATCHEL_{one.name}"] == one for one in Language)
    assert f"SATCHEL_ABI_VERSION {_library.ABI_VERSION}\n" in HEADER
    for name, value in numbers.items():
        code = _library.decoded(_library.library.satchel_status_name(value))
        spelled = re.sub(r"(?<!^)(?=[A-Z])", "_", code.replace(".", "_")).upper()
        if value >= 100 or name in ("SATCHEL_OK", "SATCHEL_USAGE_WRONG"):
            assert f"SATCHEL_{spelled}" == name or value == 0


def test_an_error_tells_its_name_its_subject_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SatchelError) as raised:
        satchel.Replica(tmp_path / "missing.sqlite", create=False)
    error = raised.value
    assert error.code == "store.missing" and error.status == 500
    assert "missing.sqlite" in error.subject and error.message() == str(error)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in error.message(Language.CHINESE))
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.message(), copy.hint()) == (error.code, error.message(), error.hint())


def test_what_is_wrong_is_refused_and_records_nothing(classroom: Classroom) -> None:
    replica, mei = classroom.replica, classroom.mei
    wrong = [
        lambda: replica.record(mei, "no-such-item", True),
        lambda: replica.record("0" * 32, "add-within-20-01", True),
        lambda: replica.record("Mei", "add-within-20-01", True),
        lambda: replica.record(mei, "add-within-20-01", True, score=1.5),
        lambda: replica.record(mei, "add-within-20-01", True, score=float("nan")),
        lambda: replica.record(mei, "", True),
        lambda: replica.record(mei, "x" * 10_000, True),
        lambda: replica.recommend(mei, limit=0),
        lambda: replica.recommend(mei, goal="no-such-skill"),
        lambda: replica.add_learner(""),
        lambda: replica.add_learner("Mei\n"),
        lambda: replica.add_learner(id="no hex"),
        lambda: replica.import_pack("/dev/null"),
        lambda: replica.import_pack("/etc/passwd"),
        lambda: replica.medium("zz"),
        lambda: replica.read_bundle("/etc/passwd"),
        lambda: replica.write_bundle("/proc/none/stick"),
        lambda: replica.sync(),
        lambda: replica.sync("no url"),
        lambda: replica.sync("http://192.0.2.1/"),
        lambda: replica.enroll("http://127.0.0.1:9", "no code"),
    ]
    for call in wrong:
        with pytest.raises(SatchelError):
            call()
    for call in [
        lambda: replica.record(mei, "a\0b", True),
        lambda: replica.record(mei, "add-within-20-01", True, duration=timedelta(seconds=-1)),
        lambda: replica.record(mei, "add-within-20-01", True, at=datetime(2026, 1, 1)),
        lambda: replica.recommend(mei, limit=-1),
        lambda: replica.recommend(mei, limit=2**64 + 1),
        lambda: replica.use_model(2**64 + 1),
        lambda: replica.write_bundle("never.bundle", part_bytes_max=-(2**63)),
        lambda: replica.start_sync("http://127.0.0.1:9", stall_seconds=2**32),
        lambda: replica.start_sync("http://127.0.0.1:9", keep_seconds=-1),
    ]:
        with pytest.raises(ValueError):
            call()
    assert replica.record_count(mei) == 0


def test_a_closed_replica_says_so(classroom: Classroom) -> None:
    classroom.replica.close()
    classroom.replica.close()
    with pytest.raises(ValueError, match="closed"):
        classroom.replica.learners()


def test_eight_threads_share_a_replica_and_lose_nothing(classroom: Classroom) -> None:
    def answer_much() -> None:
        for number in range(25):
            classroom.replica.record(classroom.mei, f"add-within-20-0{1 + number % 8}", True)
            classroom.replica.recommend(classroom.mei, limit=2)

    threads = [threading.Thread(target=answer_much) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert classroom.replica.record_count(classroom.mei) == 200


def test_closing_waits_for_the_calls_of_other_threads(classroom: Classroom) -> None:
    started = threading.Event()
    outcomes: list[object] = []

    def answer_until_closed() -> None:
        try:
            while True:
                classroom.replica.record(classroom.mei, "add-within-20-01", True)
                started.set()
        except ValueError as error:
            outcomes.append(error)

    thread = threading.Thread(target=answer_until_closed)
    thread.start()
    assert started.wait(20)
    classroom.replica.close()
    thread.join(20)
    assert len(outcomes) == 1
