"""Small plots as inline SVG. Colours come from the page's style sheet by class, so that light and dark both work."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

Point = tuple[float, float]
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 14.0, 12.0, 38.0


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers within [low, high], steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    step = 10 ** math.floor(math.log10(span / about))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= about)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)]


class Plot:
    """Axes with things drawn in data coordinates. `svg()` gives the text; classes name the colours."""

    def __init__(
        self,
        x: Point,
        y: Point,
        size: tuple[float, float] = (520.0, 260.0),
        *,
        title: str,
        x_label: str = "",
        y_label: str = "",
        equal: bool = False,
    ) -> None:
        """`title` is read out by screen readers. `equal`: one unit is as long in y as in x; the size is the largest."""
        self._x, self._y = _spread(x), _spread(y)
        self._width, self._height = size
        if equal:
            room_x, room_y = self._width - _LEFT - _RIGHT, self._height - _TOP - _BOTTOM
            scale = min(room_x / (self._x[1] - self._x[0]), room_y / (self._y[1] - self._y[0]))
            self._width = scale * (self._x[1] - self._x[0]) + _LEFT + _RIGHT
            self._height = scale * (self._y[1] - self._y[0]) + _TOP + _BOTTOM
        self._title = title
        self._parts: list[str] = []
        self._labels = (x_label, y_label)

    def _px(self, x: float) -> float:
        low, high = self._x
        return _LEFT + (x - low) / (high - low) * (self._width - _LEFT - _RIGHT)

    def _py(self, y: float) -> float:
        low, high = self._y
        return self._height - _BOTTOM - (y - low) / (high - low) * (self._height - _TOP - _BOTTOM)

    def axes(self, x_ticks: Sequence[float] | None = None, y_ticks: Sequence[float] | None = None) -> Plot:
        """Grid lines, numbers and labels. Empty lists leave an axis bare."""
        bottom, right = self._height - _BOTTOM, self._width - _RIGHT
        for value in ticks(*self._x) if x_ticks is None else x_ticks:
            at = self._px(value)
            self._parts.append(f'<path class="grid" d="M{at:.1f} {_TOP}V{bottom:.1f}"/>')
            self._label(at, bottom + 15, f"{value:g}", "middle")
        for value in ticks(*self._y) if y_ticks is None else y_ticks:
            at = self._py(value)
            self._parts.append(f'<path class="grid" d="M{_LEFT} {at:.1f}H{right:.1f}"/>')
            self._label(_LEFT - 6, at + 4, f"{value:g}", "end")
        x_label, y_label = self._labels
        if x_label:
            self._label((_LEFT + right) / 2, self._height - 5, x_label, "middle")
        if y_label:
            middle = (_TOP + bottom) / 2
            turn = f'transform="rotate(-90 12 {middle:.1f})"'
            self._parts.append(
                f'<text class="label" x="12" y="{middle:.1f}" text-anchor="middle" {turn}>{escape(y_label)}</text>'
            )
        return self

    def _label(self, x: float, y: float, text: str, anchor: str, kind: str = "label") -> None:
        self._parts.append(
            f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def line(self, points: Iterable[Point], kind: str) -> Plot:
        """A line through the points."""
        d = "L".join(f"{self._px(x):.1f} {self._py(y):.1f}" for x, y in points)
        if d:
            self._parts.append(f'<path class="line {kind}" d="M{d}"/>')
        return self

    def area(self, upper: Sequence[Point], lower: Sequence[Point], kind: str) -> Plot:
        """The area between two lines."""
        points = [*upper, *reversed(lower)]
        if points:
            d = "L".join(f"{self._px(x):.1f} {self._py(y):.1f}" for x, y in points)
            self._parts.append(f'<path class="area {kind}" d="M{d}Z"/>')
        return self

    def box(self, x: Point, y: Point, kind: str, hint: str = "") -> Plot:
        """A rectangle; `hint` is shown under the pointer."""
        left, right = sorted((self._px(x[0]), self._px(x[1])))
        top, bottom = sorted((self._py(y[0]), self._py(y[1])))
        inside = f"<title>{escape(hint)}</title>" if hint else ""
        self._parts.append(
            f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}"'
            f' height="{bottom - top:.1f}">{inside}</rect>'
        )
        return self

    def dot(self, at: Point, kind: str, radius: float, hint: str = "") -> Plot:
        """A circle of `radius` data units (at least 2.5 px)."""
        size = max(abs(self._px(radius) - self._px(0.0)), 2.5)
        self._parts.append(
            f'<circle class="{kind}" cx="{self._px(at[0]):.1f}" cy="{self._py(at[1]):.1f}" r="{size:.1f}">'
            f"<title>{escape(hint)}</title></circle>"
        )
        return self

    def upright(self, x: float, kind: str, text: str = "") -> Plot:
        """A vertical line over the whole height with a word at its top."""
        at = self._px(x)
        self._parts.append(f'<path class="line {kind}" d="M{at:.1f} {_TOP}V{self._height - _BOTTOM:.1f}"/>')
        if text:
            late = at > self._width * 0.7
            self._label(at - 5 if late else at + 5, _TOP + 11, text, "end" if late else "start", "note")
        return self

    def level(self, y: float, kind: str) -> Plot:
        """A horizontal line over the whole width."""
        return self.line(((self._x[0], y), (self._x[1], y)), kind)

    def write(self, at: Point, text: str, anchor: str = "start", kind: str = "note") -> Plot:
        """Text at a place in data coordinates."""
        self._label(self._px(at[0]), self._py(at[1]), text, anchor, kind)
        return self

    def svg(self) -> str:
        """The plot as one <svg> element that fits its column."""
        return (
            f'<svg viewBox="0 0 {self._width:.0f} {self._height:.0f}" role="img" style="max-width:{self._width:.0f}px"'
            f' aria-label="{escape(self._title)}"><title>{escape(self._title)}</title>{"".join(self._parts)}</svg>'
        )


def bars(
    rows: Sequence[tuple[str, float, str]], *, title: str, full: float = 1.0, width: float = 520.0
) -> str:
    """Horizontal bars: (label, value, words at its end). The mark is at `full`; bars beyond it are coloured as bad."""
    row, left, right = 22.0, 190.0, 108.0
    height = row * len(rows) + 8
    scale = (width - left - right) / max(full, *(value for _, value, _ in rows), 1e-12)
    parts = []
    for index, (label, value, words) in enumerate(rows):
        y = index * row + 4
        kind = "bad-fill" if value > full * (1 + 1e-6) else "accent-fill"
        length = max(value, 0.0) * scale
        parts.append(
            f'<text class="label" x="{left - 8:.0f}" y="{y + 14:.0f}" text-anchor="end">{escape(label)}</text>'
        )
        parts.append(
            f'<rect class="track" x="{left:.0f}" y="{y + 3:.0f}" width="{full * scale:.1f}" height="14" rx="3"/>'
        )
        parts.append(
            f'<rect class="{kind}" x="{left:.0f}" y="{y + 3:.0f}" width="{length:.1f}" height="14" rx="3"/>'
        )
        parts.append(
            f'<text class="note" x="{width - right + 8:.0f}" y="{y + 14:.0f}">{escape(words)}</text>'
        )
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" style="max-width:{width:.0f}px"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _spread(span: Point) -> Point:
    low, high = span
    return (low, high) if high > low else (low - 0.5, low + 0.5)
