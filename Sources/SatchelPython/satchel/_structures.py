"""The structs of satchel.h, field by field; a test compares their layout with the header's."""

from __future__ import annotations

import ctypes as c

Text = c.c_char_p
Texts = c.POINTER(c.c_char_p)


def _struct(name: str, *fields: tuple[str, object]) -> type[c.Structure]:
    return type(name, (c.Structure,), {"_fields_": list(fields)})


def _list_of(element: type[c.Structure]) -> object:
    """An array of pointers, as results hold their lists."""
    return c.POINTER(c.POINTER(element))


Error = _struct("Error", ("status", c.c_int), ("code", Text), ("subject", Text), ("cause", Text))

Learner = _struct("Learner", ("id", Text), ("name", Text))
Learners = _struct("Learners", ("count", c.c_size_t), ("list", _list_of(Learner)))

ImportReport = _struct(
    "ImportReport",
    ("courses", c.c_int64),
    ("topics", c.c_int64),
    ("items", c.c_int64),
    ("skills", c.c_int64),
    ("media", c.c_int64),
    ("is_new", c.c_bool),
)
Topic = _struct("Topic", ("id", Text), ("title", Text))
Course = _struct(
    "Course", ("id", Text), ("title", Text), ("topic_count", c.c_size_t), ("topics", _list_of(Topic))
)
Courses = _struct("Courses", ("count", c.c_size_t), ("list", _list_of(Course)))
Skill = _struct("Skill", ("id", Text), ("title", Text))
Skills = _struct("Skills", ("count", c.c_size_t), ("list", _list_of(Skill)))
ItemKeys = _struct("ItemKeys", ("count", c.c_size_t), ("list", Texts))
Item = _struct(
    "Item",
    ("id", Text),
    ("topic", Text),
    ("kind", c.c_int),
    ("question", Text),
    ("choice_count", c.c_size_t),
    ("choices", Texts),
    ("correct_choice", c.c_int32),
    ("answer_count", c.c_size_t),
    ("answers", Texts),
    ("explanation", Text),
    ("skill_count", c.c_size_t),
    ("skills", Texts),
    ("medium_count", c.c_size_t),
    ("media", Texts),
    ("difficulty", c.c_double),
)
Medium = _struct(
    "Medium", ("type", Text), ("byte_count", c.c_size_t), ("bytes", c.POINTER(c.c_uint8))
)
SearchResult = _struct("SearchResult", ("item", Text), ("title", Text), ("snippet", Text))
SearchResults = _struct("SearchResults", ("count", c.c_size_t), ("list", _list_of(SearchResult)))

Answer = _struct(
    "Answer",
    ("size", c.c_size_t),
    ("item", Text),
    ("is_correct", c.c_bool),
    ("score", c.c_double),
    ("duration_ms", c.c_int64),
    ("at_ms", c.c_int64),
)

Reason = _struct("Reason", ("code", Text), ("weight", c.c_double), ("text", Text))
Recommendation = _struct(
    "Recommendation",
    ("item", Text),
    ("score", c.c_double),
    ("probability_correct", c.c_double),
    ("due_ms", c.c_int64),
    ("reason_count", c.c_size_t),
    ("reasons", _list_of(Reason)),
)
Recommendations = _struct(
    "Recommendations", ("count", c.c_size_t), ("list", _list_of(Recommendation))
)
PathStep = _struct(
    "PathStep",
    ("item", Text),
    ("skill", Text),
    ("expected_gain", c.c_double),
    ("probability_correct", c.c_double),
    ("why", Text),
)
Path = _struct(
    "Path",
    ("count", c.c_size_t),
    ("steps", _list_of(PathStep)),
    ("mastery", c.c_double),
    ("expected_mastery", c.c_double),
)

SkillProgress = _struct(
    "SkillProgress",
    ("skill", Text),
    ("mastery", c.c_double),
    ("forecast", c.c_double),
    ("attempts", c.c_int64),
    ("correct", c.c_int64),
    ("due_ms", c.c_int64),
)
Progress = _struct(
    "Progress",
    ("skill_count", c.c_size_t),
    ("skills", _list_of(SkillProgress)),
    ("attempts", c.c_int64),
    ("correct", c.c_int64),
    ("items_met", c.c_int64),
    ("last_ms", c.c_int64),
)

OnChange = c.CFUNCTYPE(None, c.c_void_p, Text)

SyncProgress = _struct(
    "SyncProgress", ("records_sent", c.c_int64), ("records_received", c.c_int64)
)
OnProgress = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(SyncProgress))
SyncOptions = _struct(
    "SyncOptions",
    ("size", c.c_size_t),
    ("flags", c.c_uint32),
    ("channel", Text),
    ("stall_seconds", c.c_uint32),
    ("keep_seconds", c.c_uint32),
    ("on_progress", OnProgress),
    ("context", c.c_void_p),
)
SyncReport = _struct(
    "SyncReport",
    ("converged", c.c_bool),
    ("fingerprint", Text),
    ("requests", c.c_int64),
    ("records_sent", c.c_int64),
    ("records_received", c.c_int64),
    ("bytes_sent", c.c_int64),
    ("bytes_received", c.c_int64),
    ("seconds", c.c_double),
    ("model_channel", Text),
    ("model_version", c.c_int64),
    ("model_changed", c.c_bool),
    ("pack_count", c.c_size_t),
    ("packs", Texts),
    ("is_behind", c.c_bool),
    ("refused_count", c.c_size_t),
    ("refused", Texts),
)
Enrolment = _struct("Enrolment", ("hub", Text), ("scope_count", c.c_size_t), ("scopes", Texts))

Model = _struct(
    "Model",
    ("id", c.c_int64),
    ("channel", Text),
    ("version", c.c_int64),
    ("sha256", Text),
    ("byte_count", c.c_int64),
    ("is_active", c.c_bool),
    ("trial_answers", c.c_int64),
    ("trial_log_loss", c.c_double),
    ("trial_log_loss_before", c.c_double),
)
Models = _struct("Models", ("count", c.c_size_t), ("list", _list_of(Model)))
