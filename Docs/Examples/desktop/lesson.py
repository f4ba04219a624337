"""One learner's lesson: the item that Satchel recommends, its answer, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import satchel
from gi.repository import Gtk
from satchel import Feedback, ItemKind
from words import Words


def label(text: str, style: str = "", **more: object) -> Gtk.Label:
    found = Gtk.Label(**{"label": text, "wrap": True, "xalign": 0, "max_width_chars": 60, **more})
    if style:
        found.add_css_class(style)
    return found


def button(text: str, on_click: Callable[[], None], style: str = "") -> Gtk.Button:
    found = Gtk.Button(label=text)
    found.connect("clicked", lambda _: on_click())
    if style:
        found.add_css_class(style)
    return found


class Lesson(Gtk.Box):
    """Shows one item after the other. `on_error` is told what went wrong; the lesson goes on."""

    def __init__(
        self,
        replica: satchel.Replica,
        learner: str,
        words: Words,
        on_error: Callable[[satchel.SatchelError], None],
    ) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=14, hexpand=True)
        self._replica, self._learner, self._words = replica, learner, words
        self._on_error = on_error
        self._item: satchel.Item | None = None
        self._choices: list[Gtk.Button] = []
        self._wants_focus: Gtk.Widget | None = None
        self.ask()

    def focus(self) -> None:
        """Lets keys go where the answer is typed, or to the button that goes on."""
        if self._wants_focus:
            self._wants_focus.grab_focus()

    def _clear(self) -> None:
        # A removed button would hand the focus to the first choice, and an Enter too many would be an answer.
        if window := self.get_root():
            window.set_focus(None)
        while child := self.get_first_child():
            self.remove(child)

    def ask(self) -> None:
        """Shows what Satchel recommends now."""
        self._clear()
        self._choices, self._wants_focus, self._item = [], None, None
        language = self._words.language
        try:
            found = self._replica.recommend(self._learner, limit=1, language=language)
            item = self._replica.item(found[0].item, language) if found else None
        except satchel.SatchelError as error:
            self._on_error(error)
            return
        if item is None:
            self.append(label(self._words("nothing")))
            return
        self._item, self._asked = item, datetime.now(timezone.utc)
        self.append(label(item.question, "title-2"))
        ask = {ItemKind.CHOICE: self._ask_choices, ItemKind.ANSWER: self._ask_text}
        ask.get(item.kind, self._show)(item)
        self.append(self._feedback())
        why = Gtk.Expander(label=self._words("why"), expanded=False)
        reasons = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4, margin_top=6)
        for reason in found[0].reasons:
            reasons.append(label(f"•  {reason.text}"))
        why.set_child(reasons)
        self.append(why)
        self.focus()

    def _ask_choices(self, item: satchel.Item) -> None:
        for place, choice in enumerate(item.choices):
            is_right = place == item.correct_choice
            one = button(f"{place + 1}.  {choice}", lambda is_right=is_right: self.answer(is_right))
            one.get_child().set_xalign(0)
            self._choices.append(one)
            self.append(one)

    def _ask_text(self, item: satchel.Item) -> None:
        row = Gtk.Box(spacing=8)
        entry = Gtk.Entry(placeholder_text=self._words("answer"), hexpand=True)

        def give() -> None:
            if entry.get_text().strip():
                self.answer(item.accepts(entry.get_text()))

        entry.connect("activate", lambda _: give())
        row.append(entry)
        row.append(button(self._words("check"), give, "suggested-action"))
        self.append(row)
        self._wants_focus = entry

    def _show(self, item: satchel.Item) -> None:
        """A lesson is read, not answered."""
        self.append(label(item.explanation))

        def go_on() -> None:
            try:
                self._replica.record_view(self._learner, item.id)
            except satchel.SatchelError as error:
                self._on_error(error)
            self.ask()

        self._wants_focus = button(self._words("next"), go_on, "suggested-action")
        self.append(self._wants_focus)

    def _feedback(self) -> Gtk.Box:
        row = Gtk.Box(spacing=8)
        for key, kind in (
            ("easy", Feedback.TOO_EASY),
            ("hard", Feedback.TOO_HARD),
            ("skip", Feedback.SKIPPED),
        ):
            row.append(button(self._words(key), lambda kind=kind: self._say(kind), "flat"))
        return row

    def _say(self, kind: Feedback) -> None:
        if self._item:
            try:
                self._replica.feedback(self._learner, self._item.id, kind)
            except satchel.SatchelError as error:
                self._on_error(error)
        self.ask()

    def answer(self, is_correct: bool) -> None:
        """Records the answer; only when it is on the disk does the explanation come."""
        if self._item is None:
            return
        took = max(timedelta(), datetime.now(timezone.utc) - self._asked)
        try:
            self._replica.record(self._learner, self._item.id, is_correct, duration=took)
        except satchel.SatchelError as error:
            self._on_error(error)
            return
        item, self._item = self._item, None
        self._clear()
        self._choices = []
        self.append(label(item.question, "title-2"))
        verdict = self._words("right" if is_correct else "wrong")
        self.append(label(verdict, "success" if is_correct else "warning"))
        self.append(label(item.explanation))
        self._wants_focus = button(self._words("next"), self.ask, "suggested-action")
        self.append(self._wants_focus)
        self.focus()

    def press(self, key: str) -> bool:
        """A digit chooses; whether the key meant something."""
        if key.isdigit() and 1 <= int(key) <= len(self._choices):
            self._choices[int(key) - 1].emit("clicked")
            return True
        return False
