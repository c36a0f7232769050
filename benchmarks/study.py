"""Is the study's storage a bottleneck? Simulated trials on many workers.

    python -m benchmarks.study [--quick] [--storage=postgresql://…]

Each worker is a thread with its own connection to the study, in one of 8 processes. A
trial sleeps, reports three evaluations as a run does, and tells its goal. The rival has
no storage: as many sleeps, distributed at no cost. The ratio is the rival's time
divided by ours.
"""

import multiprocessing
import pathlib
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Event, Semaphore

from benchmarks import processes as commands
from benchmarks import report
from hub_estimator import sweeps

_PROCESSES = 8


def _sweep(trials: int) -> sweeps.Sweep:
  space = sweeps.read_space(
    {"rate": ("log", 1e-4, 1.0), "kind": ["a", "b", "c"]}
  )
  return sweeps.Sweep(space, max_trials=trials, strategy="random")


def _work(
  url: str,
  lock: pathlib.Path,
  trials: int,
  threads: int,
  seconds: float,
  ready: Semaphore,
  go: Event,
) -> None:
  """Runs simulated trials in `threads` threads until none is left."""

  def run(number: int) -> None:
    with opening:
      study = sweeps.open_study(
        url, "stand-in", sweep, identity="i", worker=number
      )
    ready.release()
    go.wait()
    while (trial := sweeps.ask(study, sweep, lock=lock)) is not None:
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
  sweeps.open_study(url, "stand-in", sweep, identity="i")
  context = multiprocessing.get_context("spawn")
  ready, go = context.Semaphore(0), context.Event()
  with tempfile.TemporaryDirectory() as scratch:
    # SQLite is for one machine, whose processes share a lock. With a server, each
    # process plays the part of a machine.
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
  done = sweeps.trials_of(
    sweeps.open_study(url, "stand-in", sweep, identity="i")
  )
  if len(done) != trials or not all(t.state.is_finished() for t in done):
    raise SystemExit(
      f"The study has {len(done)} trials instead of {trials}, or unfinished ones."
    )
  return took


def _ideal(trials: int, workers: int, seconds: float) -> float:
  """Returns the time of the same sleeps if each worker starts the next at once."""
  free = [0.0] * workers
  # Trials start in the order of their numbers, which fix their lengths.
  for number in range(trials):
    first = min(range(workers), key=free.__getitem__)
    free[first] += seconds * random.Random(number).uniform(0.5, 1.5)
  return max(free)


def main(arguments: Sequence[str]) -> None:
  """Measures, and prints one JSON object."""
  parser = commands.make_parser(__doc__)
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
