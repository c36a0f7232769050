"""A run as its author would write it by hand for an Estimator: our rival.

    python benchmarks/estimator_script.py HANDLE SIZE RATE STEPS DIRECTORY [--export]

A linear head on a module, 2,000 images of Fashion-MNIST, resized in the input pipeline.
As a command it is one trial of a sweep: a frozen module, evaluated on 1,000 images, and
with --export exported as full model and module.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator.examples import fashion

from hub_estimator.tensorflow_runtime import estimator, hub, tf

TRAIN = 2000


def train(
  handle: str,
  *,
  size: int,
  rate: float,
  steps: int,
  directory: str,
  n_eval: int = 1000,
  batch_size: int = 64,
  trainable: bool = False,
  exports: bool = True,
  hooks: Sequence[estimator.SessionRunHook] = (),
) -> Mapping[str, Any]:
  """Trains, evaluates and exports; returns the metrics.

  Args:
    handle: of the module.
    size: pixels of its images.
    rate: of Adam.
    steps: of training.
    directory: the Estimator's model_dir.
    n_eval: images to evaluate on.
    batch_size: examples a step.
    trainable: whether the module is trained, in its {"train"} variant.
    exports: whether full model and module are exported.
    hooks: of training.
  """
  train_examples = fashion.FashionMnist("train", TRAIN).read()
  eval_examples = fashion.FashionMnist("eval", n_eval).read()

  def prepare(images):
    images = tf.image.grayscale_to_rgb(
      tf.cast(images, tf.float32)[..., tf.newaxis] / 255.0
    )
    return tf.image.resize(images, [size, size])

  def input_fn(examples, training):
    dataset = tf.data.Dataset.from_tensor_slices(
      (examples.features["image"], examples.labels)
    )
    if training:
      dataset = dataset.shuffle(TRAIN, seed=1).repeat()
    return (
      dataset.batch(batch_size)
      .map(lambda x, y: ({"image": prepare(x)}, y))
      .prefetch(2)
    )

  def model_fn(features, labels, mode):
    training = trainable and mode == estimator.ModeKeys.TRAIN
    module = hub.Module(
      handle,
      trainable=training,
      tags={"train"} if training else None,
      name="module",
    )
    if mode == estimator.ModeKeys.PREDICT:
      hub.register_module_for_export(module, "module")
    logits = tf.layers.dense(module(features["image"]), 10)

    def train_op_fn(loss):
      with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        return tf.train.AdamOptimizer(rate).minimize(
          loss, tf.train.get_global_step()
        )

    return estimator.MultiClassHead(10).create_estimator_spec(
      features, mode, logits, labels=labels, train_op_fn=train_op_fn
    )

  def serving_input_fn():
    images = tf.placeholder(tf.float32, [None, size, size, 3])
    return estimator.export.ServingInputReceiver(
      {"image": images}, {"image": images}
    )

  made = estimator.Estimator(
    model_fn,
    config=estimator.RunConfig(
      model_dir=directory, tf_random_seed=1, save_checkpoints_steps=steps
    ),
  )
  exporters = [
    estimator.FinalExporter("model", serving_input_fn),
    hub.LatestModuleExporter("module", serving_input_fn),
  ]
  metrics, _ = estimator.train_and_evaluate(
    made,
    estimator.TrainSpec(
      lambda: input_fn(train_examples, True),
      max_steps=steps,
      hooks=list(hooks),
    ),
    estimator.EvalSpec(
      lambda: input_fn(eval_examples, False),
      steps=None,
      exporters=exporters if exports else [],
      throttle_secs=0,
      start_delay_secs=0,
    ),
  )
  return metrics


def main(
  handle: str, size: str, rate: str, steps: str, directory: str, *flags: str
) -> None:
  """Runs a trial and prints its accuracy."""
  metrics = train(
    handle,
    size=int(size),
    rate=float(rate),
    steps=int(steps),
    directory=directory,
    exports="--export" in flags,
  )
  print(json.dumps({"accuracy": float(metrics["accuracy"])}))


if __name__ == "__main__":
  main(*sys.argv[1:])
