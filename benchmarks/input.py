"""Reading examples for training, beside tf.data written by hand.

    python -m benchmarks.input [--quick] [--rounds=3] [--sizes 10 100 1000]

Two kinds of data, in batches of 64: TFRecords of 64 ids and a label, and csv with a
text of 3 to 40 words and a label. The rival is `interleave`, a shuffle buffer of
10,000, `batch`, a parallel parse and `prefetch`; ours is `inputs.tfrecord` and
`inputs.csv`, whose shuffle is perfect and whose order resumes. Both yield batches to a
`session.run` that does nothing with them; the floor is the same with a batch that is
always there. A ratio is our batches a second divided by the rival's.

`memory` has csv files of the sizes in MB: seconds to the first batch when the file is
new and when it was read before, and the most memory above the imports, in MiB.

Processes take turns. The rows that ours keeps go to a cache that is new.
"""

import os
import pathlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import processes, report

_BATCH = 64
_WORDS = ["good", "bad", "film", "a", "the", "was", "story", "plot", "actor"]


def _write_ids(path: str, count: int) -> None:
  from hub_estimator.tensorflow_runtime import tf

  rng = np.random.default_rng(1)
  with tf.io.TFRecordWriter(path) as writer:
    for i in range(count):
      example = tf.train.Example()
      features = example.features.feature
      ids = rng.integers(0, 20_000, 64).tolist()
      features["ids"].int64_list.value.extend(ids)
      features["label"].int64_list.value.append(i % 2)
      writer.write(example.SerializeToString())


def _write_csv(path: str, megabytes: float) -> None:
  draw = random.Random(1)
  written = 0
  with open(path, "w", encoding="utf-8") as file:
    file.write("text,label\n")
    while written < megabytes * 1e6:
      lines = "".join(
        f"{' '.join(draw.choices(_WORDS, k=draw.randrange(3, 40)))},{i % 2}\n"
        for i in range(1000)
      )
      written += file.write(lines)


def _rate(make: Callable[[], Any], batches: int) -> dict[str, float]:
  """Returns batches a second of a dataset, and the seconds to its first one."""
  from hub_estimator.tensorflow_runtime import tf

  imported = report.memory_mib("VmRSS")
  started = time.monotonic()
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    iterator = tf.data.make_initializable_iterator(make())
    batch = iterator.get_next()
    session.run(tf.global_variables_initializer())
    session.run(iterator.initializer)  # It starts at the global step.
    session.run(batch)
    first = time.monotonic() - started
    run = session.make_callable(tf.nest.flatten(batch))
    started = time.monotonic()
    for _ in range(batches):
      run()
    seconds = time.monotonic() - started
  return {
    "rate": batches / seconds,
    "first": first,
    "peak": report.peak_rss_mb() - imported,
  }


def _ours(source: Any) -> Callable[[], Any]:
  from hub_estimator import inputs

  return lambda: inputs.make_train_input_fn(
    source.read(), batch_size=_BATCH, seed=1
  )()


def _rival(read: Callable[[str], Any], path: str, parse: Any) -> Any:
  from hub_estimator.tensorflow_runtime import tf

  return (
    tf.data.Dataset.from_tensor_slices([path])
    .interleave(read, num_parallel_calls=2)
    .shuffle(10_000)
    .repeat()
    .batch(_BATCH)
    .map(parse, num_parallel_calls=2)
    .prefetch(2)
  )


def _ids_ours(path: str) -> Callable[[], Any]:
  from hub_estimator import inputs

  kinds = {"ids": ("int64", [64]), "label": ("int64", [])}
  return _ours(inputs.TFRecord(path, kinds))


def _ids_rival(path: str) -> Callable[[], Any]:
  from hub_estimator.tensorflow_runtime import tf

  kinds = {
    "ids": tf.io.FixedLenFeature([64], tf.int64),
    "label": tf.io.FixedLenFeature([], tf.int64),
  }
  return lambda: _rival(
    tf.data.TFRecordDataset, path, lambda r: tf.io.parse_example(r, kinds)
  )


def _csv_ours(path: str) -> Callable[[], Any]:
  from hub_estimator import inputs

  return _ours(inputs.Csv(path))


def _csv_rival(path: str) -> Callable[[], Any]:
  from hub_estimator.tensorflow_runtime import tf

  return lambda: _rival(
    lambda file: tf.data.TextLineDataset(file).skip(1),
    path,
    lambda lines: tf.io.decode_csv(lines, [[""], [0]]),
  )


def _floor(path: str) -> Callable[[], Any]:
  from hub_estimator.tensorflow_runtime import tf

  del path
  batch = np.zeros([_BATCH, 64], np.int64), np.zeros(_BATCH, np.int64)
  return lambda: tf.data.Dataset.from_tensors(batch).repeat()


_ARMS = {
  "csv_ours": _csv_ours,
  "csv_rival": _csv_rival,
  "floor": _floor,
  "ids_ours": _ids_ours,
  "ids_rival": _ids_rival,
}


def _measure(arm: str, path: str, *, quick: bool) -> dict[str, float]:
  return processes.run_arm("benchmarks.input", arm, path, quick=quick)


def _pairs(kind: str, path: str, rounds: int, *, quick: bool) -> dict[str, Any]:
  """Returns what both ways of reading a kind of data take, round by round."""
  found: dict[str, list[dict[str, float]]] = {"ours": [], "rival": []}
  floor = []
  for _ in range(rounds):
    for who, of in found.items():
      of.append(_measure(f"{kind}_{who}", path, quick=quick))
    floor.append(_measure("floor", path, quick=quick)["rate"] * _BATCH)
  rates = {w: [r["rate"] * _BATCH for r in of] for w, of in found.items()}
  return {
    "ratio": report.median_ratio(rates["ours"], rates["rival"]),
    "target": 1.0,
    "records_per_second": rates,
    "floor": floor,
    "first_batch_seconds": [r["first"] for r in found["ours"]],
    "peak_mib": {w: [r["peak"] for r in of] for w, of in found.items()},
  }


def main(arguments: Sequence[str]) -> None:
  """Measures all arms and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--rounds", type=int, default=3)
  parser.add_argument("--sizes", type=float, nargs="*", default=[10, 100, 1000])
  processes.add_arms(parser, _ARMS)
  args = parser.parse_args(arguments)
  if args.arm:
    make = _ARMS[args.arm](args.directory)
    report.print_json(_rate(make, 300 if args.quick else 4000))
    return
  rounds = 1 if args.quick else args.rounds
  sizes = [10.0] if args.quick else args.sizes
  with tempfile.TemporaryDirectory() as scratch:
    os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache"
    path = f"{scratch}/ids.tfrecord"
    _write_ids(path, 20_000 if args.quick else 300_000)
    results = {"ids": _pairs("ids", path, rounds, quick=args.quick)}
    path = f"{scratch}/text.csv"
    _write_csv(path, 5 if args.quick else 120)
    results["csv"] = _pairs("csv", path, rounds, quick=args.quick)
    memory = []
    for size in sizes:
      _write_csv(path, size)
      new, again = (
        _measure("csv_ours", path, quick=args.quick) for _ in range(2)
      )
      memory.append(
        {
          "megabytes": size,
          "first_batch_seconds": {"new": new["first"], "again": again["first"]},
          "peak_mib": {"new": new["peak"], "again": again["peak"]},
        }
      )
      pathlib.Path(path).unlink()
  report.print_json({"benchmark": "input", **results, "memory": memory})


if __name__ == "__main__":
  main(sys.argv[1:])
