"""What an app does in a lesson."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
import satchel
from conftest import MODEL, PACK, Classroom
from satchel import Feedback, ItemKind, Language

MONDAY = datetime(2026, 9, 7, 8, 0, tzinfo=timezone.utc)


def test_a_first_lesson_goes_from_an_empty_file_to_a_reason(classroom: Classroom) -> None:
    first = classroom.replica.recommend(classroom.mei, limit=3)
    assert len(first) == 3
    assert all(0 < one.probability_correct < 1 and one.due is None for one in first)
    assert all(one.reasons and one.reasons[0].text for one in first)

    classroom.replica.record(classroom.mei, first[0].item, True)

    assert classroom.replica.record_count(classroom.mei) == 1
    assert classroom.replica.recommend(classroom.mei, limit=3) != first


def test_what_is_recorded_is_there_after_opening_again(classroom: Classroom) -> None:
    replica = classroom.replica
    assert replica.identity is None
    record = replica.record(
        classroom.mei,
        "add-within-20-01",
        True,
        score=0.5,
        duration=timedelta(seconds=4.2),
        at=MONDAY,
    )
    replica.record_view(classroom.mei, "add-within-20-02", duration=timedelta(minutes=1))
    replica.feedback(classroom.mei, "add-within-20-03", Feedback.TOO_HARD)
    identity = replica.identity
    replica.close()

    with satchel.Replica(classroom.folder / "lesson.sqlite", create=False) as again:
        assert again.identity == identity and len(record) == 32
        assert again.record_count(classroom.mei) == 3
        progress = again.progress(classroom.mei, at=MONDAY + timedelta(days=1))
        assert (progress.attempts, progress.correct, progress.items_met) == (1, 1, 1)
        assert progress.last == MONDAY
        (skill,) = progress.skills
        assert skill.skill == "add-within-20" and 0 < skill.forecast < skill.mastery < 1
        assert skill.due and skill.due > MONDAY


def test_items_and_reasons_are_told_in_both_languages(classroom: Classroom) -> None:
    english = classroom.replica.item("add-within-20-02")
    chinese = classroom.replica.item("add-within-20-02", Language.CHINESE)
    assert english.kind is ItemKind.CHOICE and english.correct_choice == 0
    assert english.choices[0] == "9" and english.skills == ("add-within-20",)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese.question)
    (next_,) = classroom.replica.recommend(classroom.mei, limit=1, language=Language.CHINESE)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in next_.reasons[0].text)


def test_a_typed_answer_is_right_but_for_space_around_it(classroom: Classroom) -> None:
    item = classroom.replica.item("add-within-20-03")
    assert item.kind is ItemKind.ANSWER and item.correct_choice is None
    assert item.accepts(" 13 ") and not item.accepts("31")


def test_the_tree_of_courses_leads_to_every_item(classroom: Classroom) -> None:
    replica = classroom.replica
    (course,) = replica.courses(Language.CHINESE)
    keys = [key for topic in course.topics for key in replica.topic_items(course.id, topic.id)]
    report = replica.import_pack(PACK)
    assert not report.is_new and len(set(keys)) == len(keys) == report.items
    assert len(replica.skills()) == report.skills


def test_search_finds_a_word_of_two_characters(classroom: Classroom) -> None:
    found = classroom.replica.search("分数", Language.CHINESE, limit=5)
    assert 0 < len(found) <= 5
    assert classroom.replica.search("no such words") == ()


def test_a_plan_leads_to_a_goal(classroom: Classroom) -> None:
    path = classroom.replica.path(classroom.mei, "add-fractions-unlike", limit=8)
    assert len(path.steps) == 8 and all(step.why for step in path.steps)
    assert sum(step.expected_gain for step in path.steps) > 0


def test_learners_are_found_by_name(classroom: Classroom) -> None:
    replica = classroom.replica
    assert replica.learner("Mei") == classroom.mei
    visitor = replica.add_learner(id="0123456789abcdef0123456789abcdef")
    assert {learner.id: learner.name for learner in replica.learners()} == {
        classroom.mei: "Mei",
        visitor: None,
    }


def test_a_right_answer_raises_what_is_foretold(classroom: Classroom) -> None:
    before = classroom.replica.foretell(classroom.mei, "add-within-20-08")
    for number in range(1, 5):
        classroom.replica.record(classroom.mei, f"add-within-20-0{number}", True)
    assert 0 < before < classroom.replica.foretell(classroom.mei, "add-within-20-08") < 1


def test_a_model_can_be_put_in_used_and_left_again(classroom: Classroom) -> None:
    replica = classroom.replica
    assert replica.models() == ()
    replica.install_model(MODEL)
    (model,) = replica.models()
    assert model.is_active and model.channel == "local" and len(model.sha256) == 64
    replica.roll_back_model()
    assert not replica.models()[0].is_active
    replica.use_model(model.id)
    assert replica.models()[0].is_active
    with pytest.raises(satchel.SatchelError, match="model"):
        replica.use_model(model.id + 1)
