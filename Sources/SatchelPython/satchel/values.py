"""What comes out of a replica: values that hold no memory of the library's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from typing import Any

from . import _library as lib

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def moment(milliseconds: int) -> datetime | None:
    """A moment of the library's in UTC; `None` for none, and for one that Python has no name for."""
    if milliseconds == lib.NO_TIME:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def milliseconds(at: datetime | None) -> int:
    """A moment as the library takes it; `None` is now."""
    if at is None:
        return lib.NOW
    if at.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return (at - _EPOCH) // timedelta(milliseconds=1)


def span(duration: timedelta | None) -> int:
    """A duration as the library takes it; `None` is not known."""
    if duration is None:
        return lib.NO_DURATION
    if duration < timedelta():
        raise ValueError("a duration below zero")
    return duration // timedelta(milliseconds=1)


class ItemKind(IntEnum):
    """How an item is done."""

    CHOICE = 1
    ANSWER = 2
    LESSON = 3


class Feedback(IntEnum):
    """What a learner says of an item."""

    SKIPPED = 1
    TOO_EASY = 2
    TOO_HARD = 3
    LIKED = 4


@dataclass(frozen=True)
class Learner:
    """Somebody who learns."""

    #: The pseudonym: 32 hex digits.
    id: str
    #: From this replica's vault; `None` where none was given here.
    name: str | None


@dataclass(frozen=True)
class ImportReport:
    """What a pack brought."""

    courses: int
    topics: int
    items: int
    skills: int
    media: int
    #: `False` when this very version was there already.
    is_new: bool


@dataclass(frozen=True)
class Topic:
    """A part of a course."""

    id: str
    title: str


@dataclass(frozen=True)
class Course:
    """A course and its topics, in its own order."""

    id: str
    title: str
    topics: tuple[Topic, ...]


@dataclass(frozen=True)
class Skill:
    """A skill and what it is called."""

    id: str
    title: str


@dataclass(frozen=True)
class Item:
    """One thing to do, in one language."""

    id: str
    topic: str
    kind: ItemKind
    question: str
    #: What to choose from, and the index of what is right; none and `None` for other kinds.
    choices: tuple[str, ...]
    correct_choice: int | None
    #: The texts that count as right, for a typed answer.
    answers: tuple[str, ...]
    explanation: str
    #: The skills that it exercises, the main one first.
    skills: tuple[str, ...]
    #: SHA-256 of each medium that it shows, as 64 hex digits.
    media: tuple[str, ...]
    #: The author's guess, 0 (everybody) to 1 (nobody).
    difficulty: float | None

    def accepts(self, answer: str) -> bool:
        """Whether a typed text is one of the right answers, but for space around it."""
        return answer.strip() in self.answers


@dataclass(frozen=True)
class Medium:
    """A picture, a sound or a film."""

    #: Such as "image/png".
    type: str
    bytes: bytes


@dataclass(frozen=True)
class SearchResult:
    """An item that was found."""

    item: str
    title: str
    snippet: str


@dataclass(frozen=True)
class Reason:
    """A reason for a recommendation."""

    #: A stable name, such as "reviewDue"; later versions may bring new ones.
    code: str
    #: How much it moves the score or the prediction; below 0 when it speaks against it.
    weight: float
    text: str


@dataclass(frozen=True)
class Recommendation:
    """One thing to do next."""

    item: str
    #: 0 to 1; only its order means something.
    score: float
    #: The chance of a right answer now, 0 to 1.
    probability_correct: float
    #: When its review is or was due; `None` for an item never answered.
    due: datetime | None
    #: Those of the path, then those of the prediction, each the strongest first.
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class PathStep:
    """One step of a plan."""

    item: str
    skill: str | None
    #: By how much it is expected to raise mastery, on average over the goal and what leads to it.
    expected_gain: float
    probability_correct: float
    why: str


@dataclass(frozen=True)
class LearningPath:
    """A plan to a goal, if all goes as the tutor expects."""

    steps: tuple[PathStep, ...]
    #: Mastery of the goal now, and after the last step, 0 to 1.
    mastery: float
    expected_mastery: float


@dataclass(frozen=True)
class SkillProgress:
    """How far a learner has come with one skill."""

    skill: str
    #: 0 to 1: the chance of a right answer to a typical new item, held down while there are few answers.
    mastery: float
    #: The mastery in seven days if nothing is practised until then.
    forecast: float
    attempts: int
    correct: int
    #: When a review is or was due.
    due: datetime | None


@dataclass(frozen=True)
class Progress:
    """A learner's progress."""

    #: Each skill that she ever practised, in the order of its key.
    skills: tuple[SkillProgress, ...]
    attempts: int
    correct: int
    #: Different items answered.
    items_met: int
    #: When the last answer was given.
    last: datetime | None


@dataclass(frozen=True)
class SyncProgress:
    """How far a round is."""

    records_sent: int
    records_received: int


@dataclass(frozen=True)
class SyncReport:
    """What a round, or a bundle, did."""

    #: Both sides hold the same records: their fingerprints were compared and are equal.
    converged: bool
    #: Of the records that this replica holds: 64 hex digits.
    fingerprint: str
    requests: int
    records_sent: int
    records_received: int
    bytes_sent: int
    bytes_received: int
    seconds: float
    #: The newest version that this replica has of the channel, 0 for none, and whether it came just now.
    model_channel: str
    model_version: int
    model_changed: bool
    #: Names of packs that came.
    packs: tuple[str, ...]
    #: For a bundle: its writer held more records than this replica does now.
    is_behind: bool
    #: For a bundle: what failed its checks; the records were taken all the same.
    refused: tuple[str, ...]


@dataclass(frozen=True)
class Enrolment:
    """What a hub let this replica do."""

    #: The hub's id: 32 hex digits.
    hub: str
    #: "school", or "class:3B".
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """A version of the tutor's model in this store."""

    #: What `Replica.use_model` names.
    id: int
    #: The release channel that it came by; "local" for a file that was put in by hand.
    channel: str
    version: int
    sha256: str
    byte_count: int
    is_active: bool
    #: Its trial on the learners' own answers: how many, and the mean log loss of this model and of the one before.
    trial_answers: int
    trial_log_loss: float
    trial_log_loss_before: float


# What the library hands out, as values.


def item(found: Any) -> Item:
    return Item(
        id=lib.decoded(found.id),
        topic=lib.decoded(found.topic),
        kind=ItemKind(found.kind),
        question=lib.decoded(found.question),
        choices=lib.texts(found.choice_count, found.choices),
        correct_choice=None if found.correct_choice < 0 else found.correct_choice,
        answers=lib.texts(found.answer_count, found.answers),
        explanation=lib.decoded(found.explanation),
        skills=lib.texts(found.skill_count, found.skills),
        media=lib.texts(found.medium_count, found.media),
        difficulty=None if found.difficulty < 0 else found.difficulty,
    )


def course(found: Any) -> Course:
    topics = lib.rows(
        found.topic_count, found.topics, lambda row: Topic(lib.decoded(row.id), lib.decoded(row.title))
    )
    return Course(lib.decoded(found.id), lib.decoded(found.title), topics)


def recommendation(found: Any) -> Recommendation:
    reasons = lib.rows(
        found.reason_count,
        found.reasons,
        lambda row: Reason(lib.decoded(row.code), row.weight, lib.decoded(row.text)),
    )
    return Recommendation(
        lib.decoded(found.item), found.score, found.probability_correct, moment(found.due_ms), reasons
    )


def path_step(found: Any) -> PathStep:
    return PathStep(
        lib.decoded(found.item),
        None if found.skill is None else lib.decoded(found.skill),
        found.expected_gain,
        found.probability_correct,
        lib.decoded(found.why),
    )


def skill_progress(found: Any) -> SkillProgress:
    return SkillProgress(
        lib.decoded(found.skill),
        found.mastery,
        found.forecast,
        found.attempts,
        found.correct,
        moment(found.due_ms),
    )


def sync_report(found: Any) -> SyncReport:
    return SyncReport(
        converged=found.converged,
        fingerprint=lib.decoded(found.fingerprint),
        requests=found.requests,
        records_sent=found.records_sent,
        records_received=found.records_received,
        bytes_sent=found.bytes_sent,
        bytes_received=found.bytes_received,
        seconds=found.seconds,
        model_channel=lib.decoded(found.model_channel),
        model_version=found.model_version,
        model_changed=found.model_changed,
        packs=lib.texts(found.pack_count, found.packs),
        is_behind=found.is_behind,
        refused=lib.texts(found.refused_count, found.refused),
    )


def model(found: Any) -> Model:
    return Model(
        found.id,
        lib.decoded(found.channel),
        found.version,
        lib.decoded(found.sha256),
        found.byte_count,
        found.is_active,
        found.trial_answers,
        found.trial_log_loss,
        found.trial_log_loss_before,
    )
