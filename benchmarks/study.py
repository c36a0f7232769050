"""Is the study's storage a bottleneck? Stand-in trials on many workers.

    python -m benchmarks.study [--quick] [--storage=postgresql://…]

Each worker is a thread with a study of its own, in one of 8 processes; a trial
sleeps, reports three evaluations as a run does, and tells its goal. The rival has no
storage: as many sleeps, shared out without a cost. The ratio is the rival's time
over ours.
"""

import argparse
import multiprocessing
import pathlib
import random
import sys
import tempfile
import threading
import time

from benchmarks import report
from hub_estimator.sweeps import Sweep, read_space
from hub_estimator.sweeps import study as studies

_PROCESSES = 8


def _sweep(trials: int) -> Sweep:
  space = read_space({"rate": ("log", 1e-4, 1.0), "kind": ["a", "b", "c"]})
  return Sweep(space, max_trials=trials, strategy="random")


def _work(url, lock, trials, threads, seconds, ready, go) -> None:
  """Runs stand-in trials in `threads` threads until none waits."""

  def run(number):
    with opening:
      study = studies.open_study(
        url, "stand-in", sweep, identity="i", worker=number
      )
    ready.release()
    go.wait()
    while (trial := studies.ask(study, sweep, lock=lock)) is not None:
      sweep.space.suggest(trial)
      length = seconds * random.Random(trial.number).uniform(0.5, 1.5)
      for step in range(3):
        time.sleep(length / 3)
        trial.report(step / 3, step)
      study.tell(trial, 1.0)

  opening = threading.Lock()
  sweep = _sweep(trials)
  workers = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
  for worker in workers:
    worker.start()
  for worker in workers:
    worker.join()


def _measure(url: str, trials: int, workers: int, seconds: float) -> float:
  sweep = _sweep(trials)
  studies.open_study(url, "stand-in", sweep, identity="i")
  context = multiprocessing.get_context("spawn")
  ready, go = context.Semaphore(0), context.Event()
  with tempfile.TemporaryDirectory() as scratch:
    # SQLite is for one machine, whose processes have one lock; else each process
    # stands for a machine.
    alone = url.startswith("sqlite")
    processes = [
      context.Process(
        target=_work,
        args=(
          url,
          pathlib.Path(scratch) / f"lock_{0 if alone else i}",
          trials,
          workers // _PROCESSES,
          seconds,
          ready,
          go,
        ),
      )
      for i in range(_PROCESSES)
    ]
    for process in processes:
      process.start()
    for _ in range(workers):
      ready.acquire()
    started = time.monotonic()
    go.set()
    for process in processes:
      process.join()
    took = time.monotonic() - started
  done = studies.trials_of(
    studies.open_study(url, "stand-in", sweep, identity="i")
  )
  if len(done) != trials or not all(t.state.is_finished() for t in done):
    raise SystemExit(f"{len(done)} trials, of {trials}, or some unfinished")
  return took


def _ideal(trials: int, workers: int, seconds: float) -> float:
  """Returns the time of the same sleeps, each worker taking the next at once."""
  free = [0.0] * workers
  # After the first trials, numbers are those of the study: its slots' order.
  for number in range(trials):
    first = min(range(workers), key=free.__getitem__)
    free[first] += seconds * random.Random(number).uniform(0.5, 1.5)
  return max(free)


def main(arguments: list[str]) -> None:
  """Measures, and prints one JSON object."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true")
  parser.add_argument("--storage")
  parser.add_argument("--trial_seconds", type=float, default=10.0)
  args = parser.parse_args(arguments)
  trials, workers = (64, 16) if args.quick else (1000, 64)
  seconds = 1.0 if args.quick else args.trial_seconds
  with tempfile.TemporaryDirectory() as scratch:
    url = args.storage or f"sqlite:///{scratch}/study.db"
    ours = _measure(url, trials, workers, seconds)
  rival = _ideal(trials, workers, seconds)
  report.print_json(
    {
      "benchmark": "study",
      "ratio": rival / ours,
      "target": 0.9,
      "ours": ours,
      "rival": rival,
      "unit": "s",
      "trials": trials,
      "workers": workers,
      "trial_seconds": seconds,
      "storage": url.split(":")[0],
      "overhead_ms_a_trial": 1000 * (ours - rival) * workers / trials,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
