"""Training a head on a frozen module, beside hub.KerasLayer and fit.

    python -m benchmarks.keras [--quick]

EfficientNet-Lite0 at 96 pixels, 2,000 pictures of Fashion-MNIST, 310 steps of 64,
evaluated on 1,000 and saved; after the imports. Ours is `train` with both exports, with
no features kept ("cold") and with those of an earlier run ("warm"). The rival runs the
module in every epoch, as its guide has it. The ratio is the rival's time over the cold
one's. Shown too: what hub.KerasLayer says to a TF1 Hub module that shall be trainable.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time

from benchmarks import frozen_trial, report

_TRAIN, _EVAL, _BATCH = 2000, 1000, 64


def _rival(directory: str, steps: int) -> None:
  os.environ["TF_USE_LEGACY_KERAS"] = "1"
  import tensorflow as tf  # In eager mode, as Keras wants it.
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
  try:
    hub.KerasLayer(handle, trainable=True)(tf.zeros([1, 96, 96, 3]))
    trainable = "taken"
  except ValueError as error:
    # The layer's own words, among those of Keras around it.
    trainable = next(
      line for line in str(error).splitlines() if "trainable" in line.lower()
    )
  report.print_json(
    {"s": seconds, "accuracy": float(accuracy), "trainable": trainable}
  )


def main(arguments: list[str]) -> None:
  """Measures all arms, round by round, and prints one JSON object."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true")
  parser.add_argument("--rounds", type=int, default=3)
  parser.add_argument("--arm", choices=("ours", "rival"))
  parser.add_argument("--directory")
  args = parser.parse_args(arguments)
  steps = 60 if args.quick else 310
  if args.arm:
    {"ours": frozen_trial.ours, "rival": _rival}[args.arm](
      args.directory, steps
    )
    return
  taken: dict[str, list[dict]] = {"cold": [], "warm": [], "rival": []}
  rounds = 1 if args.quick else args.rounds
  with tempfile.TemporaryDirectory() as scratch:
    for number in range(rounds):
      os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache_{number}"
      for name in ("cold", "rival", "warm"):
        taken[name].append(
          report.run(
            "benchmarks.keras",
            f"--arm={'rival' if name == 'rival' else 'ours'}",
            f"--directory={scratch}/{name}_{number}",
            *(["--quick"] if args.quick else []),
          )
        )
  seconds = {name: [r["s"] for r in of] for name, of in taken.items()}
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
      "accuracy": {name: of[0]["accuracy"] for name, of in taken.items()},
      "a trainable TF1 module in hub.KerasLayer": taken["rival"][0][
        "trainable"
      ],
      "steps": steps,
      "rounds": rounds,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
