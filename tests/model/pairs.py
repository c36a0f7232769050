"""Runs on pairs of features, and what their encoders compute."""

import numpy as np

from hub_estimator import inputs, runs
from hub_estimator.experiments import Experiment
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment, replace


def pairs_experiment(handle, data, encoder, **changes) -> Experiment:
  """Returns a run with an encoder of the features a and b."""
  source = inputs.Npz(
    data,
    features=changes.pop("features", ["a", "b"]),
    label=changes.pop("label", "near"),
  )
  changes = {"train_input": source, "eval_input": source, **changes}
  return replace(make_experiment(handle, data), encoder=encoder, **changes)


def head_input(experiment):
  """Returns the encoder's output for all examples, and the data."""
  checked = runs.check(experiment)
  data = np.load(experiment.train_input.path)
  seen = []
  original = experiment.encoder.combine

  class Spy:  # The encoder itself, with its result kept.
    applications = staticmethod(experiment.encoder.applications)

    @staticmethod
    def combine(outputs, features):
      seen.append(original(outputs, features))
      return seen[-1]

  _, function = runs.make_model(replace(experiment, encoder=Spy()))
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    function({n: tf.constant(data[n]) for n in checked.specs}, None, "infer")
    session.run(tf.global_variables_initializer())
    return session.run(seen[-1]), data


def apply(handle, x, output="default"):
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = hub.Module(handle)(x, as_dict=True)[output]
    session.run(tf.global_variables_initializer())
    return session.run(outputs)
