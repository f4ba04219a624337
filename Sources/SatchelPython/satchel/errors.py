"""What goes wrong."""

from __future__ import annotations

from enum import IntEnum


class Language(IntEnum):
    """The languages of texts. A text that does not exist in one is answered in the other."""

    ENGLISH = 0
    CHINESE = 1

    @classmethod
    def of_locale(cls, locale: str | None) -> Language:
        """Chinese for `zh_CN.UTF-8` and its like, English for all else."""
        return cls.CHINESE if (locale or "").lower().startswith("zh") else cls.ENGLISH


class SatchelError(Exception):
    """What went wrong, to what, because of what. Branch on `code`; show `message()` and `hint()` to people.

    No part of it holds a learner's name, an answer or a key.
    """

    def __init__(
        self,
        status: int,
        code: str,
        subject: str,
        cause: str,
        messages: tuple[str, ...],
        hints: tuple[str, ...],
    ) -> None:
        super().__init__(messages[Language.ENGLISH])
        #: The number of the status in satchel.h.
        self.status = status
        #: Its stable name, such as "learner.unknown".
        self.code = code
        #: What it happened to: a path, an id. May be empty.
        self.subject = subject
        #: The text of the error beneath, where there is one.
        self.cause = cause
        self._messages = messages
        self._hints = hints

    def message(self, language: Language = Language.ENGLISH) -> str:
        """The error as a sentence."""
        return self._messages[language]

    def hint(self, language: Language = Language.ENGLISH) -> str:
        """What to do about it; may be empty."""
        return self._hints[language]

    def __reduce__(self) -> tuple[object, ...]:
        values = (self.status, self.code, self.subject, self.cause, self._messages, self._hints)
        return (SatchelError, values)
