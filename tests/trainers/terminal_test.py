"""A person at a real terminal reads a summary; files, pipes and --json get JSON."""

import fcntl
import json
import os
import pty
import struct
import sys
import termios
import threading

import pytest
from hub_estimator.trainers import main as command
from hub_estimator.trainers import progress_line, terminal
from hub_estimator.trainers.terminal import Row, Section

from hub_estimator import progress
from tests.small_runs import GIN

pytestmark = pytest.mark.newest


class _Terminal:
  """A pseudo-terminal; `text()` closes it and returns what was written."""

  def __init__(self, columns=80):
    self._far, near = pty.openpty()
    size = struct.pack("HHHH", 24, columns, 0, 0)
    fcntl.ioctl(near, termios.TIOCSWINSZ, size)
    self.stream = os.fdopen(near, "w")
    self._read = []
    # Without a reader, the writer would wait once the buffer is full.
    self._thread = threading.Thread(target=self._keep_reading)
    self._thread.start()

  def _keep_reading(self):
    while True:
      try:
        part = os.read(self._far, 4096)
      except OSError:
        return
      self._read.append(part)

  def text(self):
    self.stream.close()
    self._thread.join()
    os.close(self._far)
    return b"".join(self._read).decode().replace("\r\n", "\n")


@pytest.fixture
def gin_file(dense, numbers_npz, tmp_path):
  path = tmp_path / "run.gin"
  path.write_text(
    GIN.format(module=dense, data=numbers_npz)
    + "MAX_STEPS = 20\nEVAL_EVERY_STEPS = 10\nBATCH_SIZE = 16\n"
    "optimizers.adam.learning_rate = 0.05\n"
  )
  return path


def _on_a_terminal(monkeypatch, *argv, columns=80, **variables):
  monkeypatch.delenv("NO_COLOR", raising=False)
  for name, value in {"TERM": "xterm", **variables}.items():
    monkeypatch.setenv(name, value)
  screen = _Terminal(columns)
  monkeypatch.setattr(sys, "stdout", screen.stream)
  assert command.main(list(map(str, argv))) == 0
  monkeypatch.undo()
  return screen.text()


def _bindings(summary):
  return dict(
    line.strip().split(maxsplit=1)
    for line in summary.splitlines()
    if line.startswith("  ")
  )


def test_train_evaluate_and_export_end_with_a_summary(
  gin_file, tmp_path, monkeypatch, capsys
):
  run = tmp_path / "a run"
  shown = _on_a_terminal(
    monkeypatch, "train", "--gin_file", gin_file, "--model_dir", run
  )
  assert "\x1b[1mfinished after 20 steps in 0:" in shown
  facts = _bindings(shown)
  metrics = json.loads((run / "result.json").read_text())["metrics"]
  assert float(facts["accuracy"].split()[0]) == pytest.approx(
    metrics["accuracy"], rel=1e-3
  )
  assert "if one class is always predicted" in facts["accuracy"]
  assert "label/mean" not in shown and "{" not in shown
  assert len(shown.splitlines()) < 30
  assert list(facts)[0] == "accuracy"
  assert facts["run"] == str(run)
  assert facts["report"] == str(run / "report.html")
  assert os.path.isfile(facts["report"])
  assert facts["predict"] == (
    f"hub-estimator predict --model_dir '{run}' --input FILE"
  )
  model = sorted((run / "export/latest/model").iterdir())[-1]
  assert _bindings(shown.replace("model (latest)", "model"))["model"] == str(
    model
  )
  assert facts["serve"] == f"hub-estimator serve '{run}'"

  shown = _on_a_terminal(monkeypatch, "evaluate", "--model_dir", run)
  assert "evaluated step 20" in shown
  assert float(_bindings(shown)["auc"]) == pytest.approx(
    metrics["auc"], rel=1e-3
  )

  shown = _on_a_terminal(
    monkeypatch, "export", "--model_dir", run, NO_COLOR="1"
  )
  assert shown.startswith("exported version ") and "\x1b" not in shown
  assert os.path.isdir(_bindings(shown)["module"])

  # The same, for programs: with --json, and in a pipe.
  shown = _on_a_terminal(monkeypatch, "evaluate", "--model_dir", run, "--json")
  assert json.loads(shown)["accuracy"] == metrics["accuracy"]
  capsys.readouterr()
  assert command.main(["evaluate", "--model_dir", str(run)]) == 0
  assert capsys.readouterr().out == shown


def test_a_dumb_terminal_gets_no_escapes(monkeypatch):
  screen = _Terminal()
  monkeypatch.setenv("TERM", "dumb")
  terminal.show(
    "done", [Section([Row("accuracy", "0.5")], "next")], screen.stream
  )
  with progress_line.shown(screen.stream):
    for step in range(3):
      progress.report("training", step, 10)
  assert screen.text() == "done\n\nnext\n  accuracy  0.5\n"


def test_a_narrow_terminal_loses_notes_and_no_paths():
  rows = [
    Row("accuracy", "0.5", "0.25 if one class is always predicted"),
    Row("run", "/a/path/that/is/quite/long/for/such/a/small/window"),
  ]
  written = {}
  for columns in (40, 100):
    screen = _Terminal(columns)
    terminal.show_sections([Section(rows)], screen.stream)
    written[columns] = screen.text()
  assert written[40] == (
    "\n  accuracy  0.5\n"
    "  run       /a/path/that/is/quite/long/for/such/a/small/window\n"
  )
  assert "0.5  0.25 if one class" in written[100]


def test_a_live_line_is_never_wider_than_its_terminal():
  screen, times = _Terminal(30), iter(range(100))
  line = progress_line.ProgressLine(screen.stream, clock=lambda: next(times))
  for step in range(4):
    line.show(progress.Progress("training", step, 10_000))
  drawn = screen.text().split("\r\x1b[K")
  assert drawn[-1] == "training: 3 of 10,000 steps"
  assert all(len(text) < 30 for text in drawn)
