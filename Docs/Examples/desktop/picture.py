"""The progress picture: a bar for each skill, full when it is mastered, paler for what will be left in a week."""

from __future__ import annotations

import cairo
from gi.repository import Gtk, Pango, PangoCairo
from satchel import Progress

ROW, BAR, MARGIN = 40, 9, 14
SHADES = ((0.90, 0.91, 0.93), (0.62, 0.78, 0.93), (0.16, 0.48, 0.78))


class ProgressPicture(Gtk.DrawingArea):
    """Draws what `show` was given last."""

    def __init__(self) -> None:
        super().__init__(content_width=300)
        self._rows: list[tuple[str, float, float]] = []
        self.set_draw_func(self._draw)

    def show_progress(self, progress: Progress, titles: dict[str, str]) -> None:
        self._rows = [
            (titles.get(skill.skill, skill.skill), skill.mastery, skill.forecast)
            for skill in sorted(progress.skills, key=lambda skill: -skill.mastery)
        ]
        self.set_content_height(ROW * len(self._rows) + MARGIN)
        self.queue_draw()

    def _draw(self, _: Gtk.DrawingArea, context: cairo.Context, width: int, height: int) -> None:
        for place, (title, mastery, forecast) in enumerate(self._rows):
            top = place * ROW
            self._text(context, MARGIN, top, width - 60, title)
            self._text(context, width - 52, top, 52, f"{mastery:.0%}")
            full = width - 2 * MARGIN
            for share, shade in zip((1.0, mastery, min(forecast, mastery)), SHADES):
                context.set_source_rgb(*shade)
                context.rectangle(MARGIN, top + 24, full * share, BAR)
                context.fill()

    def _text(self, context: cairo.Context, x: int, y: int, width: int, text: str) -> None:
        layout = self.create_pango_layout(text)
        layout.set_width(max(1, width) * Pango.SCALE)
        layout.set_ellipsize(Pango.EllipsizeMode.END)
        context.set_source_rgb(0.2, 0.2, 0.22)
        context.move_to(x, y + 3)
        PangoCairo.show_layout(context, layout)
