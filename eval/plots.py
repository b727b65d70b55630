"""Plots as inline SVG: a title and a description for those who cannot see them, no script, no foreign host.

Every plot of the report stands beside a table with the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import count
from typing import NamedTuple

from eval.intervals import Interval
from eval.metrics import Bin, CoveragePoint

INK, GRID, MARK, SECOND = "#1a1a1a", "#c8c8c8", "#0b4f8a", "#a33b00"
_ids = count(1)


class Dot(NamedTuple):
    """One line of an interval plot."""

    label: str
    value: float | None
    ci: Interval | None


def intervals_plot(dots: Sequence[Dot], title: str, low: float = 0.0, high: float = 1.0) -> str:
    """Values as dots with their intervals as bars, one below the other, on an axis from `low` to `high`."""
    left, width, step, top = 190, 480, 26, 14
    height = top + step * len(dots) + 30

    def x(value: float) -> float:
        return left + width * (min(max(value, low), high) - low) / (high - low)

    parts = [_vertical_grid(left, width, top, height - 30, low, high)]
    for line, dot in enumerate(dots):
        y = top + step * line + step / 2
        parts.append(_text(left - 10, y + 4, dot.label, "end"))
        if dot.ci is not None:
            parts.append(_line(x(dot.ci[0]), y, x(dot.ci[1]), y, MARK, 3))
        if dot.value is not None:
            parts.append(f'<circle cx="{x(dot.value):.1f}" cy="{y:.1f}" r="5" fill="{MARK}"/>')
    said = "; ".join(f"{dot.label} {_number(dot.value)}" for dot in dots if dot.value is not None)
    return _figure(left + width + 20, height, title, said, parts)


def reliability_plot(bins: Sequence[Bin], title: str) -> str:
    """Said confidence against observed frequency; on the diagonal both are equal. The area of a dot is its cases."""
    parts = [_square_grid("gesagte Sicherheit", "eingetroffen"), _line(*_at(0, 0), *_at(1, 1), GRID, 2, "6 4")]
    most = max((item.n for item in bins), default=1)
    for item in bins:
        x, y = _at(item.confidence, item.frequency)
        radius = 4 + 10 * (item.n / most) ** 0.5
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{MARK}" fill-opacity="0.75"/>')
    said = "; ".join(
        f"gesagt {_number(item.confidence)}, eingetroffen {_number(item.frequency)} bei {item.n} Fällen"
        for item in bins
    )
    return _figure(_SIZE + 90, _SIZE + 70, title, said, parts)


def risk_coverage_plot(points: Sequence[CoveragePoint], title: str) -> str:
    """Share of wrong answers against share of answers given, from the most certain ones alone to all."""
    parts = [_square_grid("Anteil beantwortet", "davon falsch")]
    line = " ".join("{:.1f},{:.1f}".format(*_at(point.coverage, point.risk)) for point in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{SECOND}" stroke-width="2.5"/>')
    said = "; ".join(f"{_number(p.coverage)} beantwortet, {_number(p.risk)} falsch" for p in coverage_steps(points))
    return _figure(_SIZE + 90, _SIZE + 70, title, said, parts)


def coverage_steps(points: Sequence[CoveragePoint]) -> list[CoveragePoint]:
    """Of a risk–coverage curve the points nearest above 10 %, 20 % … 100 % coverage."""
    wanted = [tenth / 10 for tenth in range(1, 11)]
    found = [next((point for point in points if point.coverage >= share - 1e-9), None) for share in wanted]
    return list(dict.fromkeys(point for point in found if point is not None))


_SIZE, _LEFT, _TOP = 320, 60, 15


def _at(across: float, up: float) -> tuple[float, float]:
    return _LEFT + _SIZE * across, _TOP + _SIZE * (1 - up)


def _square_grid(across: str, up: str) -> str:
    parts = []
    for tenth in range(0, 11, 2):
        value = tenth / 10
        parts += [_line(*_at(value, 0), *_at(value, 1), GRID), _line(*_at(0, value), *_at(1, value), GRID)]
        x, y = _at(value, 0)
        parts.append(_text(x, y + 18, _number(value, 1), "middle"))
        x, y = _at(0, value)
        parts.append(_text(x - 8, y + 4, _number(value, 1), "end"))
    parts.append(_text(_LEFT + _SIZE / 2, _TOP + _SIZE + 40, across, "middle"))
    middle = _TOP + _SIZE / 2
    parts.append(f'<g transform="rotate(-90 16 {middle:.0f})">{_text(16, middle, up, "middle")}</g>')
    return "".join(parts)


def _vertical_grid(left: int, width: int, top: int, bottom: int, low: float, high: float) -> str:
    parts = []
    for tick in range(11):
        share = tick / 10
        value = low + share * (high - low)
        x = left + width * share
        parts.append(_line(x, top, x, bottom, INK if abs(value) < 1e-9 and low < 0 else GRID))
        if tick % 2 == 0:
            parts.append(_text(x, bottom + 18, _number(value, 1 if high - low > 0.9 else 2), "middle"))
    return "".join(parts)


def _figure(width: int, height: int, title: str, said: str, parts: Sequence[str]) -> str:
    name = f"abb{next(_ids)}"
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}t {name}d" width="{width}" '
        f'height="{height}"><title id="{name}t">{escape(title)}</title><desc id="{name}d">{escape(said)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace(".", ",").replace("-", "−")
