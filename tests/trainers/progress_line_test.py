"""A terminal gets one line of progress, and a pipe gets nothing."""

import io
import logging

import pytest
from hub_estimator.trainers import progress_line

from hub_estimator import progress


class _Terminal(io.StringIO):
  def isatty(self):
    return True


def test_a_terminal_gets_one_line_with_speed_and_time_left():
  stream, times = _Terminal(), iter(range(0, 1000, 2))
  line = progress_line.ProgressLine(stream, clock=lambda: next(times))
  with progress.listen(line.show):
    for step in (0, 10, 20, 30, 120):
      progress.report("training", step, 120)
  written = stream.getvalue().split("\r\x1b[K")
  assert written == [
    "",
    "training: 10 of 120 steps, 5 steps/s, 0:22 left",
    "training: 20 of 120 steps, 5 steps/s, 0:20 left",
    "training: 30 of 120 steps, 5 steps/s, 0:18 left",
    "",
  ]


def test_a_total_that_is_unknown_leaves_no_time_left():
  stream, times = _Terminal(), iter(range(0, 1000, 2))
  line = progress_line.ProgressLine(stream, clock=lambda: next(times))
  for done in (0, 3_000_000):
    line.show(progress.Progress("downloading", done, unit="bytes"))
  assert stream.getvalue() == (
    "\r\x1b[Kdownloading: 3,000,000 bytes, 1,500,000 bytes/s"
  )


def test_reports_in_quick_succession_are_not_all_drawn():
  stream = _Terminal()
  line = progress_line.ProgressLine(stream, clock=lambda: 0.0)
  for step in range(9):
    line.show(progress.Progress("training", step, 10))
  assert stream.getvalue() == ""


def test_the_line_goes_when_the_command_ends():
  stream = _Terminal()
  with progress_line.shown(stream):
    progress.report("training", 0, 10)
  assert stream.getvalue() == "\r\x1b[K"


def test_the_line_shows_the_last_loss_and_the_score_of_the_last_evaluation():
  stream, times = _Terminal(), iter(range(0, 1000, 2))
  line = progress_line.ProgressLine(stream, clock=lambda: next(times))
  metrics = {"loss": 0.7, "accuracy": 0.8125, "label/mean": 0.5}
  for report in (
    progress.Progress("training", 0, 20),
    progress.Progress("training", 10, 20, values={"loss": 0.51234}),
    progress.Progress("evaluating", 1, unit="batches"),
    progress.Progress(
      "evaluating", 1, 1, "batches", {**metrics, "global_step": 10}
    ),
    progress.Progress("training", 10, 20),
    progress.Progress("training", 12, 20, values={"loss": 0.25}),
  ):
    line.show(report)
  texts = [text for text in stream.getvalue().split("\r\x1b[K") if text]
  assert texts == [
    "training: 10 of 20 steps, 5 steps/s, 0:02 left, loss 0.5123",
    "training: 12 of 20 steps, 1 steps/s, 0:08 left, loss 0.25, accuracy 0.8125",
  ]


def test_a_line_of_the_log_gets_a_line_of_its_own(monkeypatch):
  stream, log = _Terminal(), logging.getLogger("hub_estimator")
  monkeypatch.setattr(log, "handlers", [logging.StreamHandler(stream)])
  with progress_line.shown(stream):
    progress.report("training", 0, 10)
    log.warning("Careful.")
  log.warning("Done.")
  assert stream.getvalue() == "\r\x1b[KCareful.\n\r\x1b[KDone.\n"


def test_a_pipe_gets_nothing():
  stream = io.StringIO()
  with progress_line.shown(stream):
    progress.report("training", 0, 10)
    progress.report("training", 5, 10)
  assert stream.getvalue() == ""


@pytest.mark.parametrize(
  "seconds, text", [(0.4, "0:00"), (61, "1:01"), (3725, "1:02:05")]
)
def test_time_left_reads_like_a_clock(seconds, text):
  assert progress_line.clock_text(seconds) == text
