"""Training a head on a frozen module, beside hub.KerasLayer and fit.

    python -m benchmarks.keras [--quick] [--rounds=3]

EfficientNet-Lite0 at 96 pixels, 2,000 images of Fashion-MNIST, 310 steps of 64,
evaluated on 1,000 and saved, timed after the imports. Ours is `train` with both
exports, without cached features ("cold") and with those of an earlier run ("warm"). The
rival runs the module in every epoch, as its guide does. The ratio is the rival's time
divided by the cold one's. The output also shows the error with which hub.KerasLayer
refuses to train a TF1 Hub module.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import frozen_trial, processes, report

_TRAIN, _EVAL, _BATCH = 2000, 1000, 64
# What is measured, in this order, and by which arm.
_TURNS = {"cold": "ours", "rival": "rival", "warm": "ours"}


def _rival(directory: str, steps: int) -> None:
  os.environ["TF_USE_LEGACY_KERAS"] = "1"
  import tensorflow as tf  # In eager mode, which Keras needs.
  from hub_estimator.examples import efficientnet, fashion

  from hub_estimator.tensorflow_runtime import hub

  handle = efficientnet.efficientnet_lite0()
  started = time.monotonic()
  sets = [
    fashion.FashionMnist("train", _TRAIN).read(),
    fashion.FashionMnist("eval", _EVAL).read(),
  ]

  def prepare(images, labels):
    images = tf.cast(images, tf.float32)[..., tf.newaxis] / 255.0
    images = tf.image.grayscale_to_rgb(images)
    return tf.image.resize(images, [96, 96]), labels

  train, evaluation = (
    tf.data.Dataset.from_tensor_slices((s.features["image"], s.labels))
    for s in sets
  )
  train = train.shuffle(_TRAIN, seed=1).repeat().batch(_BATCH).map(prepare)
  evaluation = evaluation.batch(_BATCH).map(prepare).prefetch(2)
  model = tf.keras.Sequential(
    [
      hub.KerasLayer(handle, trainable=False, input_shape=(96, 96, 3)),
      tf.keras.layers.Dense(10),
    ]
  )
  model.compile(
    tf.keras.optimizers.Adam(0.003),
    tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    ["accuracy"],
  )
  model.fit(train.prefetch(2), steps_per_epoch=steps, epochs=1, verbose=0)
  _, accuracy = model.evaluate(evaluation, verbose=0)
  model.save(os.path.join(directory, "model"))
  seconds = time.monotonic() - started
  report.print_json(
    {
      "s": seconds,
      "accuracy": float(accuracy),
      "trainable": _trainable(
        lambda: hub.KerasLayer(handle, trainable=True)(tf.zeros([1, 96, 96, 3]))
      ),
    }
  )


def _trainable(apply: Any) -> str:
  """Returns the layer's own line of the error, among those that Keras adds."""
  try:
    apply()
  except ValueError as error:
    return next(
      line for line in str(error).splitlines() if "trainable" in line.lower()
    )
  return "taken"


def main(arguments: Sequence[str]) -> None:
  """Measures all arms, round by round, and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--rounds", type=int, default=3)
  arms = {"ours": frozen_trial.ours, "rival": _rival}
  processes.add_arms(parser, arms)
  args = parser.parse_args(arguments)
  steps = 60 if args.quick else 310
  if args.arm:
    arms[args.arm](args.directory, steps)
    return
  results: dict[str, list[dict[str, Any]]] = {name: [] for name in _TURNS}
  rounds = 1 if args.quick else args.rounds
  with tempfile.TemporaryDirectory() as scratch:
    for number in range(rounds):
      os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache_{number}"
      for name, arm in _TURNS.items():
        results[name].append(
          processes.run_arm(
            "benchmarks.keras",
            arm,
            f"{scratch}/{name}_{number}",
            quick=args.quick,
          )
        )
  seconds = {name: [r["s"] for r in of] for name, of in results.items()}
  report.print_json(
    {
      "benchmark": "keras",
      "ratio": report.median_ratio(seconds["rival"], seconds["cold"]),
      "target": None,
      "warm_ratio": report.median_ratio(seconds["rival"], seconds["warm"]),
      "ours": statistics.median(seconds["cold"]),
      "warm": statistics.median(seconds["warm"]),
      "rival": statistics.median(seconds["rival"]),
      "unit": "s",
      "accuracy": {name: of[0]["accuracy"] for name, of in results.items()},
      "a trainable TF1 module in hub.KerasLayer": results["rival"][0][
        "trainable"
      ],
      "steps": steps,
      "rounds": rounds,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
