"""Tells good reviews from bad ones: a script for TensorFlow 1, run by step 1 of
docs/migrating.md."""

import csv

import tensorflow as tf
import tensorflow_hub as hub

flags = tf.app.flags
flags.DEFINE_string("module", None, "handle of a text module")
flags.DEFINE_string("train", None, "csv file with the columns sentence, label")
flags.DEFINE_string("eval", None, "csv file like --train")
flags.DEFINE_string("model_dir", None, "where checkpoints and exports go")
flags.DEFINE_string("hparams", "", "such as rate=0.1,steps=20")
FLAGS = flags.FLAGS


def make_input_fn(path, repeat):
  with open(path) as file:
    rows = list(csv.DictReader(file))
  sentences = [row["sentence"] for row in rows]
  labels = [[float(row["label"])] for row in rows]

  def input_fn():
    dataset = tf.data.Dataset.from_tensor_slices(
      ({"sentence": sentences}, labels)
    )
    if repeat:
      dataset = dataset.repeat()
    return dataset.batch(len(rows)).make_one_shot_iterator().get_next()

  return input_fn


def model_fn(features, labels, mode, params):
  training = mode == tf.estimator.ModeKeys.TRAIN
  module = hub.Module(params.module, trainable=training, name="module")
  hub.register_module_for_export(module, "module")
  logits = tf.layers.dense(
    module(features["sentence"]),
    1,
    kernel_initializer=tf.zeros_initializer(),
    kernel_regularizer=tf.contrib.layers.l2_regularizer(params.l2),
    name="logits",
  )
  predictions = {"probability": tf.sigmoid(logits)}
  if mode == tf.estimator.ModeKeys.PREDICT:
    return tf.estimator.EstimatorSpec(mode, predictions)
  loss = tf.losses.sigmoid_cross_entropy(labels, logits)
  if mode == tf.estimator.ModeKeys.EVAL:
    right = tf.metrics.accuracy(labels, tf.round(predictions["probability"]))
    return tf.estimator.EstimatorSpec(
      mode, loss=loss, eval_metric_ops={"accuracy": right}
    )
  train_op = tf.contrib.layers.optimize_loss(
    loss + tf.losses.get_regularization_loss(),
    tf.train.get_global_step(),
    params.rate,
    "Adam",
  )
  return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


def main(unused_argv):
  params = tf.contrib.training.HParams(
    module=FLAGS.module, rate=0.01, l2=0.001, steps=20
  )
  params.parse(FLAGS.hparams)
  estimator = tf.estimator.Estimator(model_fn, FLAGS.model_dir, params=params)
  serving_input_fn = tf.estimator.export.build_raw_serving_input_receiver_fn(
    {"sentence": tf.placeholder(tf.string, [None])}
  )
  metrics, _ = tf.estimator.train_and_evaluate(
    estimator,
    tf.estimator.TrainSpec(
      make_input_fn(FLAGS.train, repeat=True), max_steps=params.steps
    ),
    tf.estimator.EvalSpec(
      make_input_fn(FLAGS.eval, repeat=False),
      steps=None,
      exporters=hub.LatestModuleExporter("hub", serving_input_fn),
    ),
  )
  for name in ("accuracy", "loss"):
    print(name, metrics[name])


if __name__ == "__main__":
  tf.app.run()
