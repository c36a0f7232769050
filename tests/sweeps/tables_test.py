"""The leaderboard as text, HTML, Markdown and csv."""

import csv
import io

import pytest

from hub_estimator.sweeps import Sweep, leaderboard, read_space, tables
from tests.sweeps import small


def _sweep(choices, **changes):
  return Sweep(read_space({"HANDLE": choices}), strategy="grid", **changes)


@pytest.fixture(scope="module")
def sweep():
  return _sweep(["/a", "/<b>"])


@pytest.fixture(scope="module")
def rows(sweep, tmp_path_factory):
  study = small.study_with(
    tmp_path_factory.mktemp("study"),
    sweep,
    [0.5, None],
    spreads=[0.01],
    metrics={"loss": 0.3},
    seconds=2.5,
    bytes=1500000,
    modules={"module": "/modules/a"},
  )
  return leaderboard.make_rows(study, sweep)


def test_csv_has_numbers_in_full_and_all_metrics(rows, sweep):
  table = list(csv.DictReader(io.StringIO(tables.to_csv(rows, sweep))))
  assert table[0]["accuracy"] == "0.5" and table[0]["metric loss"] == "0.3"
  assert table[0]["accuracy spread"] == "0.01"
  assert table[0]["bytes"] == "1500000"
  assert table[1]["error"] == "no | good"


def test_markdown_has_spreads_sizes_and_the_reasons_for_failures(rows, sweep):
  markdown = tables.to_markdown(rows, sweep)
  assert "| 1 | 0 | finished | 0.5 ± 0.01 | /a | 2.5 | 1.5 |" in markdown
  assert "- trial 1: no | good" in markdown


def test_text_begins_with_what_people_look_for(rows, sweep):
  text = tables.to_text(rows, sweep)
  assert text.splitlines()[0].split()[:4] == [
    "rank",
    "trial",
    "state",
    "accuracy",
  ]


def test_html_is_escaped_and_names_each_rows_kind(rows, sweep):
  page = tables.to_html(rows, sweep)
  assert "<tr class='best'><td>1</td><td>0</td>" in page
  assert "<tr class='failed'>" in page
  assert "<td>/&lt;b&gt;</td>" in page and "<b>" not in page


def test_goals_that_are_sizes_have_no_second_column(rows):
  sweep = _sweep(["/a"], goals=["accuracy", "bytes"])
  header, _ = tables.columns(rows, sweep)
  assert header == [
    *("rank", "trial", "state", "accuracy", "bytes"),
    *("HANDLE", "seconds", "version"),
  ]


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 25])
def test_no_trials_and_many_are_shown(tmp_path, count):
  sweep = _sweep([f"/{i}" for i in range(max(count, 1))])
  study = small.study_with(tmp_path, sweep, [float(i) for i in range(count)])
  rows = [
    row
    for row in leaderboard.make_rows(study, sweep)
    if row.state == "finished"
  ]
  more = "… and 5 more in leaderboard.md"
  assert (more in tables.to_text(rows, sweep)) == (count == 25)
  assert (more in tables.to_html(rows, sweep)) == (count == 25)
  assert more not in tables.to_html(rows, sweep, at_most=None)
