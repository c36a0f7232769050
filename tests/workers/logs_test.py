"""The last line of the newest log."""

import os

from hub_estimator.workers import last_words


def test_the_newest_log_is_read_to_its_last_line_with_text(tmp_path):
  for age, name in enumerate(["old", "new"]):
    log = tmp_path / f"{name}.log"
    log.write_text(f"first\nlast of {name}\n\n  \n")
    os.utime(log, (age, age))
  assert last_words(tmp_path) == f"last of new (see {tmp_path})"


def test_without_a_log_there_is_no_output(tmp_path):
  assert last_words(tmp_path).startswith("no output")
