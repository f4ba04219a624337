#!/usr/bin/env python3
"""A small desktop learning app over Satchel. README.md beside this file says what is worth a look."""

from __future__ import annotations

import argparse
import os
from datetime import datetime
from pathlib import Path

import gi

for name, version in (("Gtk", "4.0"), ("Gdk", "4.0"), ("PangoCairo", "1.0")):
    gi.require_version(name, version)
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

import satchel  # noqa: E402
from lesson import Lesson, label  # noqa: E402
from picture import ProgressPicture  # noqa: E402
from words import Words  # noqa: E402


class Window(Gtk.ApplicationWindow):
    """The whole app: who learns above, the lesson on the left, how far she is on the right, sync below."""

    def __init__(
        self, app: Gtk.Application, replica: satchel.Replica, words: Words, hub: str | None
    ) -> None:
        super().__init__(application=app, title=words("title"))
        self.set_default_size(940, 620)
        self._replica, self._words, self._hub = replica, words, hub
        self._lesson: Lesson | None = None
        self._observation: satchel.Observation | None = None
        self._task: satchel.Task[satchel.SyncReport] | None = None
        self._titles = {skill.id: skill.title for skill in replica.skills(words.language)}

        self._place = Gtk.ScrolledWindow(hexpand=True, vexpand=True)
        self._picture = ProgressPicture()
        self._counts = label("", "dim-label")
        side = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8, width_request=300)
        for part in (label(words("progress"), "title-4"), self._counts, self._picture):
            side.append(part)
        middle = Gtk.Box(spacing=24, vexpand=True)
        middle.append(self._place)
        middle.append(side)

        self._status = label(words("never"), "dim-label", hexpand=True)
        # A click leaves the keys with the lesson: Enter still goes on.
        self._sync = Gtk.Button(label=words("sync"), focus_on_click=False)
        self._sync.connect("clicked", lambda _: self.start_sync())
        below = Gtk.Box(spacing=12)
        below.append(self._status)
        below.append(self._sync)

        whole = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=16)
        for edge in ("top", "bottom", "start", "end"):
            getattr(whole, f"set_margin_{edge}")(20)
        for part in (self._choose_learner(), middle, below):
            whole.append(part)
        self.set_child(whole)

        keys = Gtk.EventControllerKey(propagation_phase=Gtk.PropagationPhase.CAPTURE)
        keys.connect("key-pressed", self._on_key)
        self.add_controller(keys)
        self.connect("close-request", lambda _: self._end())
        self._list_learners()

    # Who learns.

    def _choose_learner(self) -> Gtk.Box:
        row = Gtk.Box(spacing=8)
        self._learners = Gtk.DropDown(hexpand=True)
        self._learners.connect("notify::selected", lambda *_: self._begin())
        self._name = Gtk.Entry(placeholder_text=self._words("name"), width_chars=24)
        self._name.connect("activate", lambda _: self._add_learner())
        add = Gtk.Button(label=self._words("add"))
        add.connect("clicked", lambda _: self._add_learner())
        for part in (self._name, add, self._learners):
            row.append(part)
        return row

    def _list_learners(self, chosen: str | None = None) -> None:
        self._known = [learner for learner in self._replica.learners() if learner.name]
        names = Gtk.StringList.new([learner.name or "" for learner in self._known])
        self._learners.set_model(names)
        self._learners.set_visible(len(self._known) > 0)
        ids = [learner.id for learner in self._known]
        if chosen in ids:
            self._learners.set_selected(ids.index(chosen))
        self._begin()

    def _add_learner(self) -> None:
        try:
            added = self._replica.add_learner(self._name.get_text())
        except satchel.SatchelError as error:
            self.say_error(error)
            return
        self._name.set_text("")
        self._list_learners(added)

    def _begin(self) -> None:
        """Begins the lesson of who is chosen."""
        if self._observation:
            self._observation.close()
            self._observation = None
        place = self._learners.get_selected()
        if place >= len(self._known):
            self._place.set_child(label(self._words("welcome"), "title-2", yalign=0))
            self._name.grab_focus()
            return
        learner = self._known[place].id
        self._lesson = Lesson(self._replica, learner, self._words, self.say_error)
        self._place.set_child(self._lesson)
        self.set_focus(None)
        self._lesson.focus()
        # Told from a thread of the library: the drawing waits for the main loop.
        self._observation = self._replica.observe(
            learner, lambda changed: GLib.idle_add(self._show_progress, changed)
        )

    def _show_progress(self, learner: str) -> bool:
        try:
            progress = self._replica.progress(learner)
        except (satchel.SatchelError, ValueError):
            return False  # The store was closed meanwhile.
        self._counts.set_label(self._words("counts", progress.attempts, progress.correct))
        self._picture.show_progress(progress, self._titles)
        return False

    # Sync, stepped by this main loop.

    def start_sync(self) -> None:
        if self._task:
            return
        try:
            self._task = self._replica.start_sync(
                self._hub, stepwise=True, on_progress=self._on_progress, stall_seconds=20
            )
        except satchel.SatchelError as error:
            self.say_error(error)
            return
        self._sync.set_sensitive(False)
        GLib.unix_fd_add_full(
            GLib.PRIORITY_DEFAULT, self._task.fileno(), GLib.IOCondition.IN, self._step
        )

    def _step(self, _: int, __: GLib.IOCondition) -> bool:
        task = self._task
        if task is None or not task.step():
            return task is not None
        self._task = None
        self._sync.set_sensitive(True)
        try:
            report = task.finish()
        except satchel.SatchelError as error:
            said = f"{error.message(self._words.language)} {error.hint(self._words.language)}"
            self._status.set_label(self._words("not_synced", said))
            return False
        now = datetime.now().strftime("%H:%M")
        done = self._words("synced", now, report.records_sent, report.records_received)
        self._status.set_label(done if report.converged else self._words("behind"))
        if report.packs or report.model_changed:
            self._begin()
        return False

    def _on_progress(self, progress: satchel.SyncProgress) -> None:
        counts = (progress.records_sent, progress.records_received)
        self._status.set_label(self._words("syncing", *counts))

    def say_error(self, error: satchel.SatchelError) -> None:
        language = self._words.language
        self._status.set_label(f"{error.message(language)} {error.hint(language)}")

    # Keys.

    def _on_key(self, _: object, key: int, __: int, ___: object) -> bool:
        if isinstance(self.get_focus(), Gtk.Text) or self._lesson is None:
            return False
        return self._lesson.press(Gdk.keyval_name(key).removeprefix("KP_"))

    def _end(self) -> bool:
        if self._observation:
            self._observation.close()
        if self._task:
            self._task.close()
        self._replica.close()
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description="A small learning app over Satchel.")
    parser.add_argument("--store", required=True, help="the store file; made where there is none")
    parser.add_argument("--pack", help="a content pack to import at the start")
    parser.add_argument("--hub", help="the hub to sync with; else the one that was met last")
    parser.add_argument("--lang", choices=["en", "zh"], help="else that of the locale")
    chosen = parser.parse_args()
    locale = chosen.lang or next(
        filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), None
    )
    words = Words(satchel.Language.of_locale(locale))
    try:
        Path(chosen.store).parent.mkdir(parents=True, exist_ok=True)
        replica = satchel.Replica(chosen.store)
        if chosen.pack:
            replica.import_pack(chosen.pack)
    except satchel.SatchelError as error:
        raise SystemExit(f"{error.message(words.language)}\n{error.hint(words.language)}")
    except OSError as error:
        raise SystemExit(str(error))
    app = Gtk.Application(application_id="org.satchel.Lesson")
    app.connect("activate", lambda app: Window(app, replica, words, chosen.hub).present())
    app.run(None)


if __name__ == "__main__":
    main()
