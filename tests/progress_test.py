"""Progress reaches those who listen, and nobody else."""

import pytest

from hub_estimator import progress


def test_a_listener_hears_each_report_while_it_listens():
  heard = []
  progress.report("training", 1, 10)
  with progress.listen(heard.append):
    progress.report("training", 2, 10)
    progress.report("downloading", 5, unit="bytes")
  progress.report("training", 3, 10)
  assert heard == [
    progress.Progress("training", 2, 10, "steps"),
    progress.Progress("downloading", 5, None, "bytes"),
  ]


def test_listeners_nest_and_an_error_of_one_stops_the_step():
  outer, inner = [], []

  def stop(report):
    raise KeyboardInterrupt

  with progress.listen(outer.append):
    with progress.listen(inner.append):
      progress.report("reading", 1)
    with pytest.raises(KeyboardInterrupt), progress.listen(stop):
      progress.report("reading", 2)
    progress.report("reading", 3)
  assert [r.done for r in outer] == [1, 2, 3]
  assert [r.done for r in inner] == [1]
