"""Charts are SVG that holds each point, and text that can't break out."""

import xml.etree.ElementTree as ET

import pytest

from hub_estimator.pages import charts

pytestmark = pytest.mark.newest


def _parse(chart):
  return ET.fromstring(str(chart))


def _lines(points, **kwargs):
  return _parse(
    charts.lines(points, x_title="x", y_title="y", title="t", **kwargs)
  )


def test_points_lie_where_the_axes_say():
  svg = _lines([(0, 0), (1, 1)], x_range=(0, 1), y_range=(0, 1), dots=True)
  (line,) = svg.iter("polyline")
  (x1, y1), (x2, y2) = (
    map(float, p.split(",")) for p in line.get("points").split()
  )
  assert x1 < x2 and y1 > y2  # SVG's y grows downwards.
  ticks = [t.text for t in svg.iter("text") if t.get("class") == "tick"]
  assert ticks == ["0", "0.25", "0.5", "0.75", "1"] * 2
  dots = [(float(c.get("cx")), float(c.get("cy"))) for c in svg.iter("circle")]
  assert dots == [(x1, y1), (x2, y2)]


def test_titles_cannot_break_out():
  hostile = "</title><script>alert(1)</script>"
  svg = _parse(
    charts.lines([(0, 1)], x_title=hostile, y_title=hostile, title=hostile)
  )
  assert not list(svg.iter("script"))
  assert svg.find("title").text == hostile


@pytest.mark.parametrize(
  "points",
  [[(5, 0)], [(1, 7), (2, 7)], [(0, 1e9), (1, -1e9)], [(0, 1e-9), (1, 2e-9)]],
)
def test_one_point_equal_values_and_any_size_are_drawn(points):
  svg = _lines(points)
  ticks = [t.text for t in svg.iter("text") if t.get("class") == "tick"]
  assert len(ticks) >= 4 and len(list(svg.iter("polyline"))) == 1


def test_a_long_line_is_thinned_and_keeps_its_ends():
  points = [(i, i) for i in range(10_000)]
  (line,) = _lines(points, x_range=(0, 9999), y_range=(0, 9999)).iter(
    "polyline"
  )
  placed = line.get("points").split()
  assert len(placed) == 300
  assert placed[0] == "52.0,202.0" and placed[-1] == "348.0,24.0"


def test_bars_are_as_high_as_their_counts():
  svg = _parse(
    charts.bars([(0, 1, 4), (1, 2, 0), (2, 3, 2)], x_title="x", title="t")
  )
  heights = [float(bar.get("height")) for bar in svg.iter("rect")]
  assert heights[0] == 2 * heights[2] and heights[1] == 0
