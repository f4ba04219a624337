"""Satchel: the core of a learning app that must work without a network.

    import satchel

    with satchel.Replica("lesson.sqlite") as replica:
        replica.import_pack("arithmetic-to-algebra.satchelpack")
        mei = replica.add_learner("Mei")
        for next in replica.recommend(mei, limit=3):
            print(next.item, next.reasons[0].text)
"""

from ._library import version as _version
from .errors import Language, SatchelError
from .replica import Replica
from .tasks import Changes, Observation, Task
from .values import (
    Course,
    Enrolment,
    Feedback,
    ImportReport,
    Item,
    ItemKind,
    Learner,
    LearningPath,
    Medium,
    Model,
    PathStep,
    Progress,
    Reason,
    Recommendation,
    SearchResult,
    Skill,
    SkillProgress,
    SyncProgress,
    SyncReport,
    Topic,
)

#: The library's version.
__version__ = _version()

__all__ = [
    "Changes",
    "Course",
    "Enrolment",
    "Feedback",
    "ImportReport",
    "Item",
    "ItemKind",
    "Language",
    "Learner",
    "LearningPath",
    "Medium",
    "Model",
    "Observation",
    "PathStep",
    "Progress",
    "Reason",
    "Recommendation",
    "Replica",
    "SatchelError",
    "SearchResult",
    "Skill",
    "SkillProgress",
    "SyncProgress",
    "SyncReport",
    "Task",
    "Topic",
    "__version__",
]
