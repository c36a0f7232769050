"""A trial's heartbeat while it runs."""

import sqlite3
import threading

from hub_estimator.sweeps import Sweep, ask, open_study, read_space
from hub_estimator.sweeps.heartbeat import heartbeat
from tests.sweeps import small


def test_a_trial_beats_inside_the_block_and_its_thread_ends(tmp_path):
  sweep = Sweep(read_space({"rate": [0.1, 0.2]}))
  file = tmp_path / "study.db"
  study = open_study(f"sqlite:///{file}", "s", sweep, identity="i")
  trial = ask(study, sweep, lock=tmp_path / "lock")

  def beats():
    with sqlite3.connect(file) as database:
      query = "SELECT COUNT(*) FROM trial_heartbeats"
      return database.execute(query).fetchone()[0]

  assert beats() == 0
  threads = threading.active_count()
  with heartbeat(study, trial):
    small.wait_for(beats)
  assert threading.active_count() == threads
