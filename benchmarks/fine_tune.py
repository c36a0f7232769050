"""Fine-tuning, beside a bare session loop and a hand-written Estimator script.

    python -m benchmarks.fine_tune [--quick] [--rounds=3]

EfficientNet-Lite0 at 96 pixels, trainable, in its {"train"} variant, on Fashion-MNIST.
Steps/s: `train`'s between two of its own steps, beside `session.run(train_op)` over the
same graph and the same input, in one process, by turns: stretches of the one and of the
other alternate. Times: to the end of the first step, and in total with one evaluation
and both exports, beside the script; each a process, imports not counted. The ratio is
that of steps/s; its target is 0.99.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time

from benchmarks import report

_BATCH, _TRAIN, _EVAL = 16, 2000, 200


def _experiment(steps: int):
  from hub_estimator.examples import efficientnet, fashion

  from hub_estimator import exporting, heads, modules, optimizers
  from hub_estimator.experiments import Experiment
  from hub_estimator.model import encoders

  return Experiment(
    encoder=encoders.Encoder(
      modules.ModuleSource(efficientnet.efficientnet_lite0())
    ),
    head=heads.MultiClass(10),
    optimizer=optimizers.Adam(0.001),
    train_input=fashion.FashionMnist("train", _TRAIN),
    eval_input=fashion.FashionMnist("eval", _EVAL),
    exports=exporting.Exports(["final"], verify=False),
    max_steps=steps,
    batch_size=_BATCH,
    eval_every_steps=steps,
  )


def _steps_per_second(directory: str, stretch: int, rounds: int) -> None:
  """Alternates stretches of steps of the run with bare ones of the same session."""
  from hub_estimator.runs import experiment as experiments
  from hub_estimator.tensorflow_runtime import estimator
  from hub_estimator.training import training

  taken: dict[str, list[float]] = {"ours": [], "bare": []}

  class Alternating(estimator.SessionRunHook):
    """After each stretch of Estimator's steps, runs the train op by itself."""

    def begin(self):
      self._count, self._started = 0, None

    def before_run(self, run_context):
      # What Estimator fetches itself: [train op, loss].
      self._train_op = run_context.original_args.fetches[0]

    def after_run(self, run_context, run_values):
      del run_values
      self._count += 1
      if self._count % stretch:
        return
      now = time.monotonic()
      if self._started is not None:
        taken["ours"].append(now - self._started)
      session = run_context.session
      for _ in range(stretch):
        session.run(self._train_op)
      if self._started is not None:
        taken["bare"].append(time.monotonic() - now)
      self._started = time.monotonic()

  def hooks(*arguments):
    return [*of_run(*arguments), Alternating()]

  of_run = training._chief_hooks
  training._chief_hooks = hooks
  experiments.train(_experiment(2 * stretch * (rounds + 1)), directory)
  report.print_json(taken)


def _total(directory: str, steps: int) -> None:
  from hub_estimator.runs import experiment as experiments
  from hub_estimator.training import training

  experiment = _experiment(steps)
  first = _first_step_hook()
  of_run = training._chief_hooks
  training._chief_hooks = lambda *arguments: [*of_run(*arguments), first]
  started = time.monotonic()
  result = experiments.train(experiment, directory)
  report.print_json(
    {
      "first": first.at - started,
      "total": time.monotonic() - started,
      "accuracy": result.metrics["accuracy"],
    }
  )


def _first_step_hook():
  from hub_estimator.tensorflow_runtime import estimator

  class FirstStep(estimator.SessionRunHook):
    at = None

    def after_run(self, run_context, run_values):
      del run_context, run_values
      if self.at is None:
        self.at = time.monotonic()

  return FirstStep()


def _script(directory: str, steps: int) -> None:
  """The same run as its author would write it for an Estimator."""
  from hub_estimator.examples import efficientnet, fashion

  from hub_estimator.tensorflow_runtime import estimator, hub, tf

  handle = efficientnet.efficientnet_lite0()
  first = _first_step_hook()
  started = time.monotonic()
  train = fashion.FashionMnist("train", _TRAIN).read()
  evaluation = fashion.FashionMnist("eval", _EVAL).read()

  def prepare(images):
    images = tf.image.grayscale_to_rgb(
      tf.cast(images, tf.float32)[..., tf.newaxis] / 255.0
    )
    return tf.image.resize(images, [96, 96])

  def input_fn(examples, training):
    dataset = tf.data.Dataset.from_tensor_slices(
      (examples.features["image"], examples.labels)
    )
    if training:
      dataset = dataset.shuffle(_TRAIN, seed=1).repeat()
    return (
      dataset.batch(_BATCH)
      .map(lambda x, y: ({"image": prepare(x)}, y))
      .prefetch(2)
    )

  def model_fn(features, labels, mode):
    training = mode == estimator.ModeKeys.TRAIN
    module = hub.Module(
      handle,
      trainable=training,
      tags={"train"} if training else set(),
      name="module",
    )
    if mode == estimator.ModeKeys.PREDICT:
      hub.register_module_for_export(module, "module")
    logits = tf.layers.dense(module(features["image"]), 10)

    def train_op_fn(loss):
      with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        return tf.train.AdamOptimizer(0.001).minimize(
          loss, tf.train.get_global_step()
        )

    return estimator.MultiClassHead(10).create_estimator_spec(
      features, mode, logits, labels=labels, train_op_fn=train_op_fn
    )

  def serving_input_fn():
    images = tf.placeholder(tf.float32, [None, 96, 96, 3])
    return estimator.export.ServingInputReceiver(
      {"image": images}, {"image": images}
    )

  made = estimator.Estimator(
    model_fn,
    config=estimator.RunConfig(
      model_dir=directory, tf_random_seed=1, save_checkpoints_steps=steps
    ),
  )
  metrics, _ = estimator.train_and_evaluate(
    made,
    estimator.TrainSpec(
      lambda: input_fn(train, True), max_steps=steps, hooks=[first]
    ),
    estimator.EvalSpec(
      lambda: input_fn(evaluation, False),
      steps=None,
      exporters=[
        estimator.FinalExporter("model", serving_input_fn),
        hub.LatestModuleExporter("module", serving_input_fn),
      ],
      throttle_secs=0,
      start_delay_secs=0,
    ),
  )
  report.print_json(
    {
      "first": first.at - started,
      "total": time.monotonic() - started,
      "accuracy": float(metrics["accuracy"]),
    }
  )


def main(arguments: list[str]) -> None:
  """Measures all arms and prints one JSON object."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true")
  parser.add_argument("--rounds", type=int, default=3)
  parser.add_argument("--arm", choices=("steps", "total", "script"))
  parser.add_argument("--directory")
  args = parser.parse_args(arguments)
  steps, stretch, stretches = (20, 5, 2) if args.quick else (100, 10, 20)
  if args.arm == "steps":
    _steps_per_second(args.directory, stretch, stretches)
    return
  if args.arm:
    arm = {"total": _total, "script": _script}[args.arm]
    arm(args.directory, steps)
    return
  ours, script = [], []
  rounds = 1 if args.quick else args.rounds

  def run(arm, directory):
    return report.run(
      "benchmarks.fine_tune",
      f"--arm={arm}",
      f"--directory={directory}",
      *(["--quick"] if args.quick else []),
    )

  with tempfile.TemporaryDirectory() as scratch:
    os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache"
    paired = run("steps", f"{scratch}/steps")
    for number in range(rounds):
      ours.append(run("total", f"{scratch}/total_{number}"))
      script.append(run("script", f"{scratch}/script_{number}"))

  def of(results, name):
    return [result[name] for result in results]

  report.print_json(
    {
      "benchmark": "fine_tune",
      "ratio": report.median_ratio(paired["bare"], paired["ours"]),
      "target": 0.99,
      "ours": stretch / statistics.median(paired["ours"]),
      "rival": stretch / statistics.median(paired["bare"]),
      "unit": "steps/s",
      "first_step_ratio": report.median_ratio(
        of(script, "first"), of(ours, "first")
      ),
      "first_step_target": 1.25,
      "total_ratio": report.median_ratio(
        of(script, "total"), of(ours, "total")
      ),
      "total_target": 1.1,
      "seconds": {
        "first": {
          "ours": statistics.median(of(ours, "first")),
          "script": statistics.median(of(script, "first")),
        },
        "total": {
          "ours": statistics.median(of(ours, "total")),
          "script": statistics.median(of(script, "total")),
        },
      },
      "accuracy": {
        "ours": ours[0]["accuracy"],
        "script": script[0]["accuracy"],
      },
      "steps": steps,
      "rounds": rounds,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
