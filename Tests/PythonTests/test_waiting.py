"""What takes time: observing, rounds with a hub, enrolment, bundles."""

from __future__ import annotations

import asyncio
import logging
import select
import threading

import pytest
import satchel
from conftest import Classroom, Hub
from satchel import SatchelError, SyncProgress


def test_an_observer_is_told_at_once_and_after_each_answer(classroom: Classroom) -> None:
    told = threading.Semaphore(0)
    learners: list[str] = []

    def on_change(learner: str) -> None:
        learners.append(learner)
        told.release()

    with classroom.replica.observe(classroom.mei, on_change):
        assert told.acquire(timeout=20)
        classroom.replica.record(classroom.mei, "add-within-20-01", True)
        assert told.acquire(timeout=20)
    classroom.replica.record(classroom.mei, "add-within-20-01", True)
    assert set(learners) == {classroom.mei}
    assert not told.acquire(timeout=0.1)


def test_changes_are_turns_of_a_loop_that_another_thread_can_end(classroom: Classroom) -> None:
    turns = 0
    with classroom.replica.changes(classroom.mei) as changes:
        watchdog = threading.Timer(20, changes.close)
        watchdog.start()
        for learner in changes:
            assert learner == classroom.mei
            turns += 1
            if turns == 2:
                threading.Thread(target=changes.close).start()
                continue
            classroom.replica.record(classroom.mei, "add-within-20-01", True)
        watchdog.cancel()
    assert turns >= 2
    assert list(changes) == []


def test_an_observer_that_fails_is_logged_and_called_again(
    classroom: Classroom, caplog: pytest.LogCaptureFixture
) -> None:
    told = threading.Semaphore(0)

    def on_change(_: str) -> None:
        told.release()
        raise RuntimeError("a fault of the app's")

    with caplog.at_level(logging.ERROR), classroom.replica.observe(classroom.mei, on_change):
        assert told.acquire(timeout=20)
        classroom.replica.record(classroom.mei, "add-within-20-01", True)
        assert told.acquire(timeout=20)
    assert "a fault of the app's" in caplog.text


def test_a_round_brings_two_stores_to_one_state(
    classroom: Classroom, another: Classroom, hub: Hub
) -> None:
    for number in range(1, 6):
        classroom.replica.record(classroom.mei, f"add-within-20-0{number}", True)
    seen: list[SyncProgress] = []

    sent = classroom.replica.sync(hub.url, on_progress=seen.append)
    received = another.replica.sync(hub.url)

    assert sent.converged and sent.records_sent == 5 and seen
    assert received.converged and received.records_received == 5
    assert received.fingerprint == sent.fingerprint
    assert another.replica.progress(classroom.mei) == classroom.replica.progress(classroom.mei)
    assert another.replica.sync().requests == 1


def test_a_main_loop_can_own_the_work_of_a_round(classroom: Classroom, hub: Hub) -> None:
    classroom.replica.record(classroom.mei, "add-within-20-01", True)
    threads: set[int] = set()
    task = classroom.replica.start_sync(
        hub.url, stepwise=True, on_progress=lambda _: threads.add(threading.get_ident())
    )
    while True:
        assert select.select([task], [], [], 20)[0]
        if task.step():
            break
    assert task.finish().converged
    assert threads == {threading.get_ident()}


def test_asyncio_can_own_the_work_of_a_round(classroom: Classroom, hub: Hub) -> None:
    classroom.replica.record(classroom.mei, "add-within-20-01", True)

    async def lesson() -> tuple[satchel.SyncReport, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        clock = asyncio.create_task(tick())
        report = await classroom.replica.sync_async(hub.url)
        clock.cancel()
        return report, ticks

    report, ticks = asyncio.run(lesson())
    assert report.converged and report.records_sent == 1 and ticks > 1


def test_cancelling_ends_a_round_and_harms_nothing(classroom: Classroom, hub: Hub) -> None:
    classroom.replica.record(classroom.mei, "add-within-20-01", True)
    task = classroom.replica.start_sync(hub.url, stepwise=True)
    task.cancel()
    with pytest.raises(SatchelError) as raised:
        task.finish()
    assert raised.value.code == "cancelled"
    with pytest.raises(ValueError, match="finished"):
        task.step()
    classroom.replica.start_sync(hub.url).close()

    async def impatient() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(classroom.replica.sync_async("http://127.0.0.1:9"), 0)

    asyncio.run(impatient())
    assert classroom.replica.sync(hub.url).converged


def test_a_round_without_a_hub_is_named_and_loses_nothing(classroom: Classroom) -> None:
    classroom.replica.record(classroom.mei, "add-within-20-01", True)
    with pytest.raises(SatchelError) as raised:
        classroom.replica.sync("http://127.0.0.1:9")
    assert raised.value.code == "hub.unreachable" and raised.value.hint()
    assert classroom.replica.record_count(classroom.mei) == 1


def test_a_code_lets_a_device_in_once(classroom: Classroom, another: Classroom, hub: Hub) -> None:
    code = str(hub.run("invite")["code"])
    enrolment = classroom.replica.enroll(hub.url, code)
    assert len(enrolment.hub) == 32 and enrolment.scopes == ("school",)
    with pytest.raises(SatchelError) as raised:
        another.replica.enroll(hub.url, code)
    assert raised.value.code == "enrolment.refused"
    assert classroom.replica.sync().converged


def test_a_bundle_carries_a_lesson_from_store_to_store(
    classroom: Classroom, another: Classroom
) -> None:
    classroom.replica.record(classroom.mei, "add-within-20-01", True)
    stick = classroom.folder / "stick.bundle"
    assert classroom.replica.write_bundle(stick).records_sent == 1
    report = another.replica.read_bundle(stick)
    assert report.converged and report.records_received == 1 and report.refused == ()
    assert another.replica.record_count(classroom.mei) == 1
