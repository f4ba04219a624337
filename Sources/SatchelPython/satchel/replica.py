"""One store file on this device: all that an app needs."""

from __future__ import annotations

import ctypes as c
import os
import threading
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Iterator

from . import _library as lib
from . import _structures as s
from . import values
from ._library import library
from .errors import Language
from .tasks import Changes, Observation, Task, report_progress
from .values import Feedback

_OPEN_EXISTING = 1
_TRUST_PUBLISHER = 1
_STEPWISE, _PLAIN_HTTP, _TRUST_NEW_HUB = 1, 2, 4
_SINCE_LAST = 1


class Replica:
    """An open store. Any number of threads may use it; close it, or use it in a `with` block.

    Learners are named by their pseudonyms: 32 hex digits. Moments are aware datetimes, and now where none is given.
    Every method may raise `SatchelError`.
    """

    def __init__(self, path: str | os.PathLike[str], *, create: bool = True) -> None:
        """Opens the store at `path`, and makes it where there is none, unless `create` is false."""
        # Calls under way, so that `close` does not take the handle from under one.
        self._calls = 0
        self._idle = threading.Condition()
        self._handle: int | None = None
        flags = 0 if create else _OPEN_EXISTING
        self._handle = lib.handle(
            lambda out: library.satchel_replica_open(lib.encoded(path), flags, out)
        )

    def __enter__(self) -> Replica:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_idle"):
            self.close()

    def close(self) -> None:
        """Closes the store when the calls of other threads have returned. Doing it twice is no fault."""
        with self._idle:
            handle, self._handle = self._handle, None
            self._idle.wait_for(lambda: self._calls == 0)
        library.satchel_replica_close(handle)

    @contextmanager
    def _open(self) -> Iterator[int]:
        with self._idle:
            if self._handle is None:
                raise ValueError("the replica is closed")
            handle = self._handle
            self._calls += 1
        try:
            yield handle
        finally:
            with self._idle:
                self._calls -= 1
                self._idle.notify_all()

    @contextmanager
    def _result(self, structure: type[c.Structure], function: Any, *arguments: Any) -> Iterator[Any]:
        with self._open() as handle:
            with lib.result(structure, lambda out: function(handle, *arguments, out)) as found:
                yield found

    def _identifier(self, function: Any, *arguments: Any) -> str:
        with self._open() as handle:
            return lib.identifier(lambda out: function(handle, *arguments, out))

    @property
    def identity(self) -> str | None:
        """Who this replica is: 32 hex digits; `None` before its first record."""
        return self._identifier(library.satchel_replica_identity) or None

    # Learners.

    def add_learner(self, name: str | None = None, *, id: str | None = None) -> str:
        """Adds a learner and answers her pseudonym: a new one, or `id`, which she has on another replica."""
        return self._identifier(library.satchel_learner_add, lib.optional(name), lib.optional(id))

    def learner(self, text: str) -> str:
        """The pseudonym of the learner that a text means: a pseudonym, a name, or what an imported file called her."""
        return self._identifier(library.satchel_learner_find, lib.encoded(text))

    def learners(self) -> tuple[values.Learner, ...]:
        """Everybody whom this replica knows, in the order of pseudonyms."""
        with self._result(s.Learners, library.satchel_learners_list) as found:
            return lib.rows(
                found.count,
                found.list,
                lambda row: values.Learner(
                    lib.decoded(row.id), None if row.name is None else lib.decoded(row.name)
                ),
            )

    # Content.

    def import_pack(
        self, path: str | os.PathLike[str], *, trust_new_publisher: bool = False
    ) -> values.ImportReport:
        """Takes a signed content pack, whole or not at all."""
        flags = _TRUST_PUBLISHER if trust_new_publisher else 0
        with self._result(
            s.ImportReport, library.satchel_pack_import, lib.encoded(path), flags
        ) as found:
            return values.ImportReport(
                found.courses, found.topics, found.items, found.skills, found.media, found.is_new
            )

    def courses(self, language: Language = Language.ENGLISH) -> tuple[values.Course, ...]:
        """The courses of all packs, in the order of their keys."""
        with self._result(s.Courses, library.satchel_courses_list, language) as found:
            return lib.rows(found.count, found.list, values.course)

    def skills(self, language: Language = Language.ENGLISH) -> tuple[values.Skill, ...]:
        """The skills that have a title."""
        with self._result(s.Skills, library.satchel_skills_list, language) as found:
            return lib.rows(
                found.count,
                found.list,
                lambda row: values.Skill(lib.decoded(row.id), lib.decoded(row.title)),
            )

    def topic_items(self, course: str, topic: str) -> tuple[str, ...]:
        """The keys of a topic's items, in the order of the course."""
        keys = (lib.encoded(course), lib.encoded(topic))
        with self._result(s.ItemKeys, library.satchel_topic_items, *keys) as found:
            return lib.texts(found.count, found.list)

    def item(self, item: str, language: Language = Language.ENGLISH) -> values.Item:
        """An item in one language."""
        with self._result(s.Item, library.satchel_item_read, lib.encoded(item), language) as found:
            return values.item(found)

    def medium(self, sha256: str) -> values.Medium:
        """A medium by the 64 hex digits of its SHA-256."""
        with self._result(s.Medium, library.satchel_medium_read, lib.encoded(sha256)) as found:
            return values.Medium(
                lib.decoded(found.type), c.string_at(found.bytes, found.byte_count)
            )

    def search(
        self, query: str, language: Language = Language.ENGLISH, *, limit: int = 20
    ) -> tuple[values.SearchResult, ...]:
        """Items whose texts hold every word of a query, best first; any script, one character is enough."""
        arguments = (lib.encoded(query), language, _count(limit))
        with self._result(s.SearchResults, library.satchel_items_search, *arguments) as found:
            return lib.rows(
                found.count,
                found.list,
                lambda row: values.SearchResult(
                    lib.decoded(row.item), lib.decoded(row.title), lib.decoded(row.snippet)
                ),
            )

    # Recording.

    def record(
        self,
        learner: str,
        item: str,
        is_correct: bool,
        *,
        score: float | None = None,
        duration: timedelta | None = None,
        at: datetime | None = None,
    ) -> str:
        """Records an answer durably, and answers the record's id: when this returns, it survives a power cut.

        `score` is the part of the credit that was earned, 0 to 1, where an item gives part of it.
        """
        answer = s.Answer(
            c.sizeof(s.Answer),
            lib.encoded(item),
            is_correct,
            lib.NO_SCORE if score is None else score,
            values.span(duration),
            values.milliseconds(at),
        )
        return self._identifier(
            library.satchel_answer_record, lib.encoded(learner), c.byref(answer)
        )

    def record_view(
        self,
        learner: str,
        item: str,
        *,
        duration: timedelta | None = None,
        at: datetime | None = None,
    ) -> str:
        """Records that something was read or watched."""
        arguments = (values.span(duration), values.milliseconds(at))
        return self._identifier(
            library.satchel_view_record, lib.encoded(learner), lib.encoded(item), *arguments
        )

    def feedback(self, learner: str, item: str, feedback: Feedback) -> str:
        """Records what a learner says of an item: the tutor heeds it from then on."""
        return self._identifier(
            library.satchel_feedback_record, lib.encoded(learner), lib.encoded(item), feedback
        )

    def record_count(self, learner: str) -> int:
        """How many records about a learner this replica holds."""
        count = c.c_int64()
        with self._open() as handle:
            lib.check(
                library.satchel_records_count(handle, lib.encoded(learner), c.byref(count))
            )
        return count.value

    # What to do next, and how far she is.

    def recommend(
        self,
        learner: str,
        *,
        limit: int = 10,
        goal: str | None = None,
        language: Language = Language.ENGLISH,
        at: datetime | None = None,
    ) -> tuple[values.Recommendation, ...]:
        """What a learner should do now, best first, each with its reasons; `goal` is a skill that she wants to reach."""
        arguments = (lib.encoded(learner), lib.optional(goal), _count(limit), language)
        with self._result(
            s.Recommendations,
            library.satchel_learner_recommend,
            *arguments,
            values.milliseconds(at),
        ) as found:
            return lib.rows(found.count, found.list, values.recommendation)

    def foretell(self, learner: str, item: str, *, at: datetime | None = None) -> float:
        """The chance, 0 to 1, that a learner answers an item right."""
        chance = c.c_double()
        arguments = (lib.encoded(learner), lib.encoded(item), values.milliseconds(at))
        with self._open() as handle:
            lib.check(library.satchel_learner_foretell(handle, *arguments, c.byref(chance)))
        return chance.value

    def path(
        self,
        learner: str,
        goal: str,
        *,
        limit: int = 20,
        language: Language = Language.ENGLISH,
        at: datetime | None = None,
    ) -> values.LearningPath:
        """An ordered plan to a skill, of at most 200 steps: make a new one after some answers."""
        arguments = (lib.encoded(learner), lib.encoded(goal), _count(limit), language)
        with self._result(
            s.Path, library.satchel_learner_path, *arguments, values.milliseconds(at)
        ) as found:
            return values.LearningPath(
                lib.rows(found.count, found.steps, values.path_step),
                found.mastery,
                found.expected_mastery,
            )

    def progress(self, learner: str, *, at: datetime | None = None) -> values.Progress:
        """How far a learner has come with each skill."""
        arguments = (lib.encoded(learner), values.milliseconds(at))
        with self._result(s.Progress, library.satchel_learner_progress, *arguments) as found:
            return values.Progress(
                lib.rows(found.skill_count, found.skills, values.skill_progress),
                found.attempts,
                found.correct,
                found.items_met,
                values.moment(found.last_ms),
            )

    def observe(self, learner: str, on_change: Callable[[str], None]) -> Observation:
        """Calls `on_change(learner)` once now and whenever something of her has changed, from a thread of the library."""
        with self._open() as handle:
            return Observation(
                lambda call, out: library.satchel_learner_observe(
                    handle, lib.encoded(learner), call, None, out
                ),
                on_change,
            )

    def changes(self, learner: str) -> Changes:
        """As `observe`, for a loop: `with replica.changes(mei) as turns: for _ in turns: draw()`. Close it when done."""
        return Changes(lambda on_change: self.observe(learner, on_change))

    # Sync.

    def start_sync(
        self,
        url: str | None = None,
        *,
        stepwise: bool = False,
        channel: str = "stable",
        plain_http: bool = False,
        trust_new_hub: bool = False,
        stall_seconds: int = 60,
        keep_seconds: int = 15,
        on_progress: Callable[[values.SyncProgress], None] | None = None,
    ) -> Task[values.SyncReport]:
        """Starts a round with a hub, or with the one that was met last.

        With `stepwise` the caller's own loop does the work (see `Task`). `plain_http` allows HTTP to another machine, on a
        network that you trust; `trust_new_hub` takes a hub's new key, after it was set up anew.
        """
        flags = (
            (_STEPWISE if stepwise else 0)
            | (_PLAIN_HTTP if plain_http else 0)
            | (_TRUST_NEW_HUB if trust_new_hub else 0)
        )
        options = _options(flags, channel, stall_seconds, keep_seconds, on_progress)
        with self._open() as handle:
            return Task(
                lambda out: library.satchel_sync_start(
                    handle, lib.optional(url), c.byref(options), out
                ),
                lambda report, _: values.sync_report(report.contents),
                (options,),
            )

    def sync(self, url: str | None = None, **choices: Any) -> values.SyncReport:
        """One round with a hub, waited for; the choices are those of `start_sync`."""
        return self.start_sync(url, **choices).finish()

    async def sync_async(self, url: str | None = None, **choices: Any) -> values.SyncReport:
        """One round, its work done by the running asyncio loop."""
        return await self.start_sync(url, stepwise=True, **choices).run()

    def start_enroll(
        self,
        url: str,
        code: str,
        *,
        stepwise: bool = False,
        plain_http: bool = False,
        stall_seconds: int = 60,
    ) -> Task[values.Enrolment]:
        """Starts to join a hub with a one-time code from its keeper."""
        flags = (_STEPWISE if stepwise else 0) | (_PLAIN_HTTP if plain_http else 0)
        options = _options(flags, "stable", stall_seconds, 0, None)
        with self._open() as handle:
            return Task(
                lambda out: library.satchel_enroll_start(
                    handle, lib.encoded(url), lib.encoded(code), c.byref(options), out
                ),
                lambda _, enrolment: values.Enrolment(
                    lib.decoded(enrolment.contents.hub),
                    lib.texts(enrolment.contents.scope_count, enrolment.contents.scopes),
                ),
                (options,),
            )

    def enroll(self, url: str, code: str, **choices: Any) -> values.Enrolment:
        """Joins a hub, waited for; the choices are those of `start_enroll`."""
        return self.start_enroll(url, code, **choices).finish()

    def write_bundle(
        self,
        path: str | os.PathLike[str],
        *,
        since_last: bool = False,
        part_bytes_max: int = 0,
    ) -> values.SyncReport:
        """Writes all that this replica holds to a file, for a stick; flushed when this returns."""
        arguments = (lib.encoded(path), _SINCE_LAST if since_last else 0, _count(part_bytes_max))
        with self._result(s.SyncReport, library.satchel_bundle_write, *arguments) as found:
            return values.sync_report(found)

    def read_bundle(
        self, path: str | os.PathLike[str], *, channel: str = "stable"
    ) -> values.SyncReport:
        """Takes a bundle: all of its records or none, then newer packs and models."""
        arguments = (lib.encoded(path), lib.encoded(channel))
        with self._result(s.SyncReport, library.satchel_bundle_read, *arguments) as found:
            return values.sync_report(found)

    # Models.

    def models(self) -> tuple[values.Model, ...]:
        """The models of the store, the newest first. While none is active, the built-in baseline serves."""
        with self._result(s.Models, library.satchel_models_list) as found:
            return lib.rows(found.count, found.list, values.model)

    def install_model(self, path: str | os.PathLike[str]) -> None:
        """Puts a model file in by hand and makes it the active one."""
        with self._open() as handle:
            lib.check(library.satchel_model_install(handle, lib.encoded(path)))

    def use_model(self, id: int) -> None:
        """Makes a model of the store the active one."""
        # As in `_count`: another model would be meant.
        if not -(2**63) <= id < 2**63:
            raise ValueError("an id beyond 64 bits")
        with self._open() as handle:
            lib.check(library.satchel_model_use(handle, id))

    def roll_back_model(self) -> None:
        """Goes back to the model that served before, or to the built-in baseline."""
        with self._open() as handle:
            lib.check(library.satchel_model_rollback(handle))


def _count(value: int, bits: int = 63) -> int:
    # ctypes would cut off what does not fit, and another number would be meant.
    if not 0 <= value < 2**bits:
        raise ValueError(f"a number below zero or beyond {bits} bits")
    return value


def _options(
    flags: int,
    channel: str,
    stall_seconds: int,
    keep_seconds: int,
    on_progress: Callable[[values.SyncProgress], None] | None,
) -> s.SyncOptions:  # type: ignore[valid-type]
    return s.SyncOptions(
        c.sizeof(s.SyncOptions),
        flags,
        lib.encoded(channel),
        _count(stall_seconds, bits=32),
        _count(keep_seconds, bits=32),
        report_progress(on_progress),
        None,
    )
