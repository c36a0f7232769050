"""One trial as VTAB's scripts run it: a process, an Estimator, a frozen module.

    python benchmarks/frozen_script.py HANDLE SIZE RATE STEPS DIRECTORY [--export]

A linear head on 2,000 pictures of Fashion-MNIST, resized in the input pipeline; evaluated
on 1,000, and with --export exported as full model and module.
"""

import json
import sys

from hub_estimator.examples import fashion

from hub_estimator.tensorflow_runtime import estimator, hub, tf

TRAIN, EVAL, BATCH = 2000, 1000, 64


def train(handle, size, rate, steps, directory, *, exports):
  """Trains and evaluates; returns the metrics."""
  train_examples = fashion.FashionMnist("train", TRAIN).read()
  eval_examples = fashion.FashionMnist("eval", EVAL).read()

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
      dataset.batch(BATCH)
      .map(lambda x, y: ({"image": prepare(x)}, y))
      .prefetch(2)
    )

  def model_fn(features, labels, mode):
    module = hub.Module(handle, name="module")
    if mode == estimator.ModeKeys.PREDICT:
      hub.register_module_for_export(module, "module")
    logits = tf.layers.dense(module(features["image"]), 10)
    return estimator.MultiClassHead(10).create_estimator_spec(
      features,
      mode,
      logits,
      labels=labels,
      train_op_fn=lambda loss: tf.train.AdamOptimizer(rate).minimize(
        loss, tf.train.get_global_step()
      ),
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
      lambda: input_fn(train_examples, True), max_steps=steps
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


def main(handle, size, rate, steps, directory, *flags):
  """Runs a trial and prints its accuracy."""
  metrics = train(
    handle,
    int(size),
    float(rate),
    int(steps),
    directory,
    exports="--export" in flags,
  )
  print(json.dumps({"accuracy": float(metrics["accuracy"])}))


if __name__ == "__main__":
  main(*sys.argv[1:])
