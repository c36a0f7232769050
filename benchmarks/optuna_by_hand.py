"""The sweep of benchmarks.sweep_text as a good engineer writes it by hand.

Optuna around an Estimator: a linear head on a frozen module, a grid of rates, and the
export of a full model and a module for each trial. It doesn't resume interrupted
trials, check the space or cache features.
"""

import json
import pathlib
import sys

import optuna
from hub_estimator.examples import movies

from hub_estimator.tensorflow_runtime import estimator, hub, tf

_HANDLE = movies.glove50()


def input_fn(examples, training):
  dataset = tf.data.Dataset.from_tensor_slices(
    (
      {"sentence": examples.features["sentence"].astype("S")},
      examples.labels,
    )
  )
  if training:
    dataset = dataset.shuffle(len(examples), seed=1).repeat()
  return dataset.batch(64).prefetch(2)


def model_fn(features, labels, mode, params):
  module = hub.Module(_HANDLE, name="module")
  if mode == estimator.ModeKeys.PREDICT:
    hub.register_module_for_export(module, "module")
  logits = tf.layers.dense(module(features["sentence"]), 1)
  return estimator.BinaryClassHead().create_estimator_spec(
    features,
    mode,
    logits,
    labels=None if labels is None else labels[:, tf.newaxis],
    train_op_fn=lambda loss: tf.train.AdamOptimizer(params["rate"]).minimize(
      loss, tf.train.get_global_step()
    ),
  )


def serving_input_fn():
  sentences = tf.placeholder(tf.string, [None])
  return estimator.export.ServingInputReceiver(
    {"sentence": sentences}, {"sentence": sentences}
  )


def main(directory, steps, rates):
  train = movies.MovieSentences("train").read()
  evaluation = movies.MovieSentences("eval").read()

  def objective(trial):
    rate = trial.suggest_categorical("rate", rates)
    made = estimator.Estimator(
      model_fn,
      params={"rate": rate},
      config=estimator.RunConfig(
        model_dir=str(pathlib.Path(directory, "trials", str(trial.number))),
        tf_random_seed=1,
        save_checkpoints_steps=steps,
      ),
    )
    metrics, _ = estimator.train_and_evaluate(
      made,
      estimator.TrainSpec(lambda: input_fn(train, True), max_steps=steps),
      estimator.EvalSpec(
        lambda: input_fn(evaluation, False),
        steps=None,
        exporters=[
          estimator.FinalExporter("model", serving_input_fn),
          hub.LatestModuleExporter("module", serving_input_fn),
        ],
        start_delay_secs=0,
        throttle_secs=0,
      ),
    )
    return float(metrics["accuracy"])

  study = optuna.create_study(
    storage=f"sqlite:///{directory}/study.db",
    study_name="by hand",
    direction="maximize",
    sampler=optuna.samplers.GridSampler({"rate": rates}),
    load_if_exists=True,
  )
  study.optimize(objective, n_trials=len(rates))
  print(
    json.dumps(
      {"rate": study.best_params["rate"], "accuracy": study.best_value}
    )
  )


if __name__ == "__main__":
  main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]))
