"""The library: where it is found, its functions with their types, and how a call becomes a value or an error."""

from __future__ import annotations

import ctypes as c
import os
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, TypeVar

from . import _structures as s
from .errors import SatchelError

ABI_VERSION = 0
ID_SIZE = 33
NOW = NO_TIME = -(2**63)
NO_DURATION = -1
NO_SCORE = -1.0

_Handle = c.c_void_p
_ID = c.c_char_p
_Value = TypeVar("_Value")


def _find() -> str:
    """What `SATCHEL_LIBRARY` names, else the library beside this file, as the wheel has it, else the system's."""
    named = os.environ.get("SATCHEL_LIBRARY")
    if named:
        return named
    beside = Path(__file__).with_name("libsatchel.so.0")
    return str(beside) if beside.exists() else "libsatchel.so.0"


def _out(structure: type[c.Structure]) -> Any:
    return c.POINTER(c.POINTER(structure))


# Each function of satchel.h: its parameters after the first handle or all of them, in the header's order.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "satchel_abi_version": (c.c_int, []),
    "satchel_version": (s.Text, []),
    "satchel_last_error": (c.POINTER(s.Error), []),
    "satchel_last_error_message": (s.Text, [c.c_int]),
    "satchel_last_error_hint": (s.Text, [c.c_int]),
    "satchel_status_name": (s.Text, [c.c_int]),
    "satchel_free": (None, [c.c_void_p]),
    "satchel_replica_open": (c.c_int, [s.Text, c.c_uint32, c.POINTER(_Handle)]),
    "satchel_replica_close": (None, [_Handle]),
    "satchel_replica_identity": (c.c_int, [_Handle, _ID]),
    "satchel_learner_add": (c.c_int, [_Handle, s.Text, s.Text, _ID]),
    "satchel_learner_find": (c.c_int, [_Handle, s.Text, _ID]),
    "satchel_learners_list": (c.c_int, [_Handle, _out(s.Learners)]),
    "satchel_pack_import": (c.c_int, [_Handle, s.Text, c.c_uint32, _out(s.ImportReport)]),
    "satchel_courses_list": (c.c_int, [_Handle, c.c_int, _out(s.Courses)]),
    "satchel_skills_list": (c.c_int, [_Handle, c.c_int, _out(s.Skills)]),
    "satchel_topic_items": (c.c_int, [_Handle, s.Text, s.Text, _out(s.ItemKeys)]),
    "satchel_item_read": (c.c_int, [_Handle, s.Text, c.c_int, _out(s.Item)]),
    "satchel_medium_read": (c.c_int, [_Handle, s.Text, _out(s.Medium)]),
    "satchel_items_search": (
        c.c_int,
        [_Handle, s.Text, c.c_int, c.c_size_t, _out(s.SearchResults)],
    ),
    "satchel_answer_record": (c.c_int, [_Handle, s.Text, c.POINTER(s.Answer), _ID]),
    "satchel_view_record": (c.c_int, [_Handle, s.Text, s.Text, c.c_int64, c.c_int64, _ID]),
    "satchel_feedback_record": (c.c_int, [_Handle, s.Text, s.Text, c.c_int, _ID]),
    "satchel_records_count": (c.c_int, [_Handle, s.Text, c.POINTER(c.c_int64)]),
    "satchel_learner_recommend": (
        c.c_int,
        [_Handle, s.Text, s.Text, c.c_size_t, c.c_int, c.c_int64, _out(s.Recommendations)],
    ),
    "satchel_learner_foretell": (
        c.c_int,
        [_Handle, s.Text, s.Text, c.c_int64, c.POINTER(c.c_double)],
    ),
    "satchel_learner_path": (
        c.c_int,
        [_Handle, s.Text, s.Text, c.c_size_t, c.c_int, c.c_int64, _out(s.Path)],
    ),
    "satchel_learner_progress": (c.c_int, [_Handle, s.Text, c.c_int64, _out(s.Progress)]),
    "satchel_learner_observe": (
        c.c_int,
        [_Handle, s.Text, s.OnChange, c.c_void_p, c.POINTER(_Handle)],
    ),
    "satchel_observation_end": (None, [_Handle]),
    "satchel_sync_start": (
        c.c_int,
        [_Handle, s.Text, c.POINTER(s.SyncOptions), c.POINTER(_Handle)],
    ),
    "satchel_enroll_start": (
        c.c_int,
        [_Handle, s.Text, s.Text, c.POINTER(s.SyncOptions), c.POINTER(_Handle)],
    ),
    "satchel_task_descriptor": (c.c_int, [_Handle]),
    "satchel_task_step": (c.c_int, [_Handle]),
    "satchel_task_wait": (c.c_int, [_Handle, c.c_int64]),
    "satchel_task_cancel": (None, [_Handle]),
    "satchel_task_finish": (c.c_int, [_Handle, _out(s.SyncReport), _out(s.Enrolment)]),
    "satchel_bundle_write": (
        c.c_int,
        [_Handle, s.Text, c.c_uint32, c.c_int64, _out(s.SyncReport)],
    ),
    "satchel_bundle_read": (c.c_int, [_Handle, s.Text, s.Text, _out(s.SyncReport)]),
    "satchel_models_list": (c.c_int, [_Handle, _out(s.Models)]),
    "satchel_model_install": (c.c_int, [_Handle, s.Text]),
    "satchel_model_use": (c.c_int, [_Handle, c.c_int64]),
    "satchel_model_rollback": (c.c_int, [_Handle]),
}


def _load() -> c.CDLL:
    library = c.CDLL(_find())
    for name, (result, parameters) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = parameters
    found = library.satchel_abi_version()
    if found != ABI_VERSION:
        raise ImportError(f"libsatchel has ABI {found}; this package needs {ABI_VERSION}")
    return library


library = _load()


def encoded(text: str | os.PathLike[str]) -> bytes:
    """A text as the library takes it. One with a NUL in it would end there, so it is refused."""
    value = os.fspath(text).encode()
    if b"\0" in value:
        raise ValueError("a text with a NUL character")
    return value


def optional(text: str | None) -> bytes | None:
    return None if text is None else encoded(text)


def decoded(text: bytes | None) -> str:
    return "" if text is None else text.decode(errors="replace")


def version() -> str:
    return decoded(library.satchel_version())


def check(status: int) -> None:
    """Raises the last error of this thread, unless the status is good."""
    if status == 0:
        return
    error = library.satchel_last_error().contents
    raise SatchelError(
        status,
        decoded(error.code),
        decoded(error.subject),
        decoded(error.cause),
        tuple(decoded(library.satchel_last_error_message(language)) for language in (0, 1)),
        tuple(decoded(library.satchel_last_error_hint(language)) for language in (0, 1)),
    )


@contextmanager
def result(structure: type[c.Structure], call: Callable[[Any], int]) -> Iterator[Any]:
    """The struct that a call hands out, for as long as the block runs; then it is freed."""
    pointer = c.POINTER(structure)()
    check(call(c.byref(pointer)))
    try:
        yield pointer.contents
    finally:
        library.satchel_free(pointer)


def identifier(call: Callable[[Any], int]) -> str:
    """The id that a call writes."""
    buffer = c.create_string_buffer(ID_SIZE)
    check(call(buffer))
    return decoded(buffer.value)


def handle(call: Callable[[Any], int]) -> int:
    """The handle that a call hands out."""
    value = _Handle()
    check(call(c.byref(value)))
    return value.value or 0


def rows(count: int, pointers: Any, make: Callable[[Any], _Value]) -> tuple[_Value, ...]:
    """The elements of a list of pointers."""
    return tuple(make(pointers[index].contents) for index in range(count))


def texts(count: int, pointers: Any) -> tuple[str, ...]:
    return tuple(decoded(pointers[index]) for index in range(count))
