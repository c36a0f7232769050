"""Charts as inline SVG, coloured by the page's style.

A drawing library would add 1 to 5 MB to each page; these are the few kinds of charts
that a run needs, and they print and scale as text does.
"""

import math
from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 24, 38
_MOST_POINTS = 300
# An axis doesn't magnify smaller differences than this share of its values.
_LEAST_SPREAD = 1e-3

Points = Sequence[tuple[float, float]]


def lines(
  points: Points,
  *,
  x_title: str,
  y_title: str,
  title: str,
  x_range: tuple[float, float] | None = None,
  y_range: tuple[float, float] | None = None,
  diagonal: bool = False,
  dots: bool = False,
  joined: bool = True,
) -> Markup:
  """Returns a chart of one line, or of dots.

  Args:
    points: (x, y), at least one.
    x_title: below the x axis.
    y_title: above the y axis.
    title: says what it shows to those who can't see it.
    x_range: of the axis; None takes that of the points.
    y_range: likewise.
    diagonal: whether to draw where x equals y.
    dots: whether to mark the points.
    joined: whether a line joins them.
  """
  points = _thinned(points)
  low_x, high_x = x_range or _padded([x for x, _ in points])
  low_y, high_y = y_range or _padded([y for _, y in points])

  def at(x: float, y: float) -> tuple[float, float]:
    across = (x - low_x) / (high_x - low_x) * (_WIDTH - _LEFT - _RIGHT)
    up = (y - low_y) / (high_y - low_y) * (_HEIGHT - _TOP - _BOTTOM)
    return round(_LEFT + across, 1), round(_HEIGHT - _BOTTOM - up, 1)

  parts = [_axes(at, (low_x, high_x), (low_y, high_y), x_title, y_title)]
  if diagonal:
    (x1, y1), (x2, y2) = at(low_x, low_x), at(high_x, high_x)
    parts.append(
      Markup('<line class="guide" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        x1, y1, x2, y2
      )
    )
  placed = [at(x, y) for x, y in points]
  if joined:
    path = " ".join(f"{x},{y}" for x, y in placed)
    parts.append(Markup('<polyline class="line" points="{}"/>').format(path))
  if dots or len(placed) == 1:
    for (x, y), (of_x, of_y) in zip(placed, points, strict=True):
      parts.append(
        Markup(
          '<circle class="dot" cx="{}" cy="{}" r="3"><title>{}, {}</title></circle>'
        ).format(x, y, _text(of_x), _text(of_y))
      )
  return _svg(title, parts)


def bars(
  values: Sequence[tuple[float, float, float]], *, x_title: str, title: str
) -> Markup:
  """Returns a histogram.

  Args:
    values: (from, to, count) of each bar.
    x_title: below the x axis.
    title: says what it shows to those who can't see it.
  """
  low, high = values[0][0], values[-1][1]
  most = max(count for _, _, count in values) or 1

  def at(x: float, y: float) -> tuple[float, float]:
    across = (x - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)
    up = y / most * (_HEIGHT - _TOP - _BOTTOM)
    return round(_LEFT + across, 1), round(_HEIGHT - _BOTTOM - up, 1)

  parts = [_axes(at, (low, high), (0, most), x_title, "examples")]
  for start, end, count in values:
    (x1, y1), (x2, y2) = at(start, count), at(end, 0)
    parts.append(
      Markup(
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}">'
        "<title>{} to {}: {}</title></rect>"
      ).format(
        x1, y1, max(x2 - x1 - 1, 1), y2 - y1, _text(start), _text(end), count
      )
    )
  return _svg(title, parts)


def _svg(title: str, parts: Sequence[Markup]) -> Markup:
  return Markup(
    '<svg role="img" viewBox="0 0 {} {}"><title>{}</title>{}</svg>'
  ).format(_WIDTH, _HEIGHT, title, Markup("").join(parts))


def _axes(
  at: "object",
  x_range: tuple[float, float],
  y_range: tuple[float, float],
  x_title: str,
  y_title: str,
) -> Markup:
  parts = []
  assert callable(at)
  for value in _ticks(*y_range):
    _, y = at(x_range[0], value)
    parts.append(
      Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
      ).format(_LEFT, _WIDTH - _RIGHT, y, y, _LEFT - 6, y + 4, _text(value))
    )
  for value in _ticks(*x_range):
    x, _ = at(value, y_range[0])
    parts.append(
      Markup(
        '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>'
      ).format(x, _HEIGHT - _BOTTOM + 16, _text(value))
    )
  parts.append(
    Markup(
      '<text class="axis" x="{}" y="{}" text-anchor="end">{}</text>'
      '<text class="axis" x="{}" y="{}">{}</text>'
    ).format(_WIDTH - _RIGHT, _HEIGHT - 6, x_title, 4, 12, y_title)
  )
  return Markup("").join(parts)


def _ticks(low: float, high: float) -> list[float]:
  """Returns three to six round values between two."""
  step = 10 ** math.floor(math.log10((high - low) / 2))
  for factor in (5, 2.5, 2, 1, 0.5):
    if (high - low) / (step * factor) >= 2.99:
      step *= factor
      break
  first = math.ceil(low / step - 1e-9)
  last = math.floor(high / step + 1e-9)
  return [round(i * step, 12) for i in range(first, last + 1)]


def _padded(values: Sequence[float]) -> tuple[float, float]:
  low, high = min(values), max(values)
  size = max(abs(low), abs(high)) or 1.0
  room = max((high - low) * 0.05, size * _LEAST_SPREAD)
  return low - room, high + room


def _thinned(points: Points) -> Points:
  """Returns at most a few hundred points, the first and the last among them."""
  if len(points) <= _MOST_POINTS:
    return points
  step = (len(points) - 1) / (_MOST_POINTS - 1)
  return [points[round(i * step)] for i in range(_MOST_POINTS)]


def _text(value: float) -> str:
  return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"
