"""Work that takes time: rounds of sync, enrolments, observations."""

from __future__ import annotations

import asyncio
import ctypes as c
import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from . import _structures as s
from . import values
from ._library import check, decoded, library

log = logging.getLogger("satchel")

_Value = TypeVar("_Value")

#: Waiting in pieces of this length lets Ctrl-C through.
_PIECE_MS = 100


def report_progress(on_progress: Callable[[values.SyncProgress], None] | None) -> Any:
    """A C function that calls `on_progress`; a null pointer for none."""
    if on_progress is None:
        return s.OnProgress()

    def call(_: object, progress: Any) -> None:
        # An exception has nowhere to go from here: it would be C that it passes through.
        try:
            found = progress.contents
            on_progress(values.SyncProgress(found.records_sent, found.records_received))
        except Exception:
            log.exception("on_progress failed")

    return s.OnProgress(call)


class Task(Generic[_Value]):
    """A round of sync or an enrolment that is under way. End it with `finish()`, or use it in a `with` block.

    A stepwise task does its work in `step()` alone, on the calling thread: call that whenever `fileno()` is readable.
    """

    def __init__(
        self,
        start: Callable[[Any], int],
        take: Callable[[Any, Any], _Value],
        keep: tuple[object, ...],
    ) -> None:
        handle = c.c_void_p()
        check(start(c.byref(handle)))
        self._handle: int | None = handle.value
        self._take = take
        # What the library may call or read until the end.
        self._keep = keep

    def __enter__(self) -> Task[_Value]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _open(self) -> int:
        if self._handle is None:
            raise ValueError("the task was finished")
        return self._handle

    def fileno(self) -> int:
        """A descriptor that is readable while a step is due or the task is done; for `select`, GLib and asyncio."""
        return library.satchel_task_descriptor(self._open())

    def step(self) -> bool:
        """Does what is due, without waiting for the network; whether the task is done."""
        return library.satchel_task_step(self._open()) != 0

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the task is done, at most `timeout` seconds; whether it is. Steps a stepwise task."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _PIECE_MS if end is None else int(1000 * (end - time.monotonic()))
            piece = max(0, min(_PIECE_MS, left))
            if library.satchel_task_wait(self._open(), piece) != 0:
                return True
            if end is not None and time.monotonic() >= end:
                return False

    def cancel(self) -> None:
        """Asks the task to stop: it is then soon done, with the error "cancelled"."""
        library.satchel_task_cancel(self._open())

    def finish(self) -> _Value:
        """Waits for the end and answers what came of it, or raises how it failed. The task is then gone."""
        self.wait()
        return self._end()

    def close(self) -> None:
        """Cancels what still runs and lets the task go; what came of it is not told."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        library.satchel_task_finish(handle, None, None)

    def _end(self) -> _Value:
        report, enrolment = c.POINTER(s.SyncReport)(), c.POINTER(s.Enrolment)()
        handle, self._handle = self._open(), None
        check(library.satchel_task_finish(handle, c.byref(report), c.byref(enrolment)))
        try:
            return self._take(report, enrolment)
        finally:
            library.satchel_free(report)
            library.satchel_free(enrolment)

    async def run(self) -> _Value:
        """The same as `finish()` in an asyncio loop: the loop steps the task, and cancelling the caller cancels it."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def ready() -> None:
            if self.step() and not done.done():
                done.set_result(None)

        descriptor = self.fileno()
        loop.add_reader(descriptor, ready)
        try:
            await done
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            loop.remove_reader(descriptor)
        return self._end()


class Observation:
    """Calls a function when something of a learner has changed, until it is closed."""

    def __init__(
        self, start: Callable[[Any, Any], int], on_change: Callable[[str], None]
    ) -> None:
        def call(_: object, learner: bytes) -> None:
            # As in `report_progress`.
            try:
                on_change(decoded(learner))
            except Exception:
                log.exception("on_change failed")

        self._lock = threading.Lock()
        self._call = s.OnChange(call)
        handle = c.c_void_p()
        check(start(self._call, c.byref(handle)))
        self._handle: int | None = handle.value

    def __enter__(self) -> Observation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Ends it: when this returns, the function does not run and will not be called."""
        with getattr(self, "_lock", threading.Lock()):
            handle, self._handle = getattr(self, "_handle", None), None
        library.satchel_observation_end(handle)


class Changes:
    """Changes of a learner, one turn each; what changes during a turn is told by one more. Ends when it is closed."""

    def __init__(self, observe: Callable[[Callable[[str], None]], Observation]) -> None:
        self._learners: queue.Queue[str] = queue.Queue(maxsize=1)
        self._closed = threading.Event()
        learners = self._learners

        # It holds the queue and not `self`, so that an iterator that is dropped is closed.
        def on_change(learner: str) -> None:
            with suppress(queue.Full):
                learners.put_nowait(learner)

        self._observation = observe(on_change)

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Changes:
        return self

    def __next__(self) -> str:
        while not self._closed.is_set():
            with suppress(queue.Empty):
                return self._learners.get(timeout=_PIECE_MS / 1000)
        raise StopIteration

    def close(self) -> None:
        """Ends it, from any thread: a turn that is waited for does not come."""
        self._closed.set()
        self._observation.close()
