"""Tells handwritten digits: a script for TensorFlow 1, run by step 1 of
docs/migrating.md."""

import argparse
import os

import tensorflow as tf
import tensorflow_hub as hub


def list_images(folder):
  """Returns the paths of <folder>/<class>/<file>, and the number of each class."""
  paths, labels = [], []
  for label, name in enumerate(sorted(tf.gfile.ListDirectory(folder))):
    found = sorted(tf.gfile.Glob(os.path.join(folder, name, "*.png")))
    paths += found
    labels += [label] * len(found)
  return paths, labels


def make_input_fn(folder, size, repeat):
  paths, labels = list_images(folder)

  def decode(path, label):
    image = tf.image.decode_png(tf.read_file(path), channels=3)
    image = tf.image.convert_image_dtype(image, tf.float32)
    image = tf.image.resize_bilinear(
      image[tf.newaxis], size, half_pixel_centers=True
    )[0]
    return {"image": image}, label

  def input_fn():
    dataset = tf.data.Dataset.from_tensor_slices((paths, labels)).map(decode)
    if repeat:
      dataset = dataset.repeat()
    return dataset.batch(len(paths))

  return input_fn


def model_fn(features, labels, mode, params):
  module = hub.Module(params["module"], name="module")
  hub.register_module_for_export(module, "module")
  logits = tf.layers.dense(
    module(features["image"]),
    10,
    kernel_initializer=tf.zeros_initializer(),
    name="logits",
  )
  predictions = {"class": tf.argmax(logits, axis=1)}
  if mode == tf.estimator.ModeKeys.PREDICT:
    return tf.estimator.EstimatorSpec(mode, predictions)
  loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
  if mode == tf.estimator.ModeKeys.EVAL:
    right = tf.metrics.accuracy(labels, predictions["class"])
    return tf.estimator.EstimatorSpec(
      mode, loss=loss, eval_metric_ops={"accuracy": right}
    )
  train_op = tf.train.AdamOptimizer(params["rate"]).minimize(
    loss, global_step=tf.train.get_global_step()
  )
  return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument("--module", help="handle of an image module")
  parser.add_argument("--train", help="folder with a folder for each class")
  parser.add_argument("--eval", help="folder like --train")
  parser.add_argument("--model_dir")
  parser.add_argument("--rate", type=float, default=0.01)
  parser.add_argument("--steps", type=int, default=40)
  args = parser.parse_args()
  size = hub.get_expected_image_size(hub.Module(args.module))
  estimator = tf.estimator.Estimator(
    model_fn, args.model_dir, params={"module": args.module, "rate": args.rate}
  )
  estimator.train(
    make_input_fn(args.train, size, repeat=True), max_steps=args.steps
  )
  metrics = estimator.evaluate(make_input_fn(args.eval, size, repeat=False))
  for name in ("accuracy", "loss"):
    print(name, metrics[name])


if __name__ == "__main__":
  tf.logging.set_verbosity(tf.logging.WARN)
  main()
