"""Everything that the library uses of Estimator beyond its public API.

`tensorflow-estimator` 2.15.0 is the last release, and all supported TensorFlows
run it. Its public API has no way to change how sessions run graphs, to train in a graph
that exists already, to report another loss, to read the heads of a multi-head, or to
label each token of a sequence.
The functions here do so; if one of Estimator's private names changes, this file
and its test are the only ones to fail.
"""

from collections.abc import Callable, Sequence
from typing import Any

from tensorflow_estimator.python.estimator.early_stopping import (
  read_eval_metrics,
)
from tensorflow_estimator.python.estimator.estimator import (
  _write_dict_to_summary as write_dict_to_summary,
)
from tensorflow_estimator.python.estimator.head.sequential_head import (
  SequentialHeadWrapper,
)
from tensorflow_estimator.python.estimator.util import parse_iterator_result

from hub_estimator.tensorflow_runtime.loading import estimator, tf

__all__ = [
  "SequentialHeadWrapper",
  "heads_of",
  "next_batch",
  "read_eval_metrics",
  "replace_training",
  "report_as_loss",
  "session_config",
  "set_session_config",
  "train_in_current_graph",
  "write_dict_to_summary",
]

Train = Callable[
  [
    Callable[[], Any],
    Sequence[tf.train.SessionRunHook],
    Sequence[tf.train.CheckpointSaverListener],
  ],
  tf.Tensor,
]


def session_config(made: estimator.Estimator) -> tf.ConfigProto:
  """Returns a copy of the config of an Estimator's sessions."""
  config = tf.ConfigProto()
  config.CopyFrom(made._session_config)
  return config


def set_session_config(
  made: estimator.Estimator, config: tf.ConfigProto
) -> None:
  """Replaces the config of the sessions that an Estimator opens from now on.

  `RunConfig.session_config` stays as it is. So does `TF_CONFIG`'s device filter,
  provided that `config` started as a copy from `session_config`.
  """
  made._session_config = config


def next_batch(iterator: Any) -> tuple[Any, Any]:
  """Returns (features, labels) of an iterator; labels are None if it has none."""
  return parse_iterator_result(iterator.get_next())


def report_as_loss(made: estimator.Estimator, metric: str) -> None:
  """Makes an Estimator's evaluations report a metric in place of `loss`.

  Estimator's `loss` is the mean over batches, and it allows no metric of that
  name.

  Args:
    made: the Estimator.
    metric: the name that its model_fn gives to the metric; `loss` stays as it is if
      there is no such metric.
  """
  build = made._evaluate_build_graph

  def build_with_loss(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    scaffold, update_op, values, hooks = build(*args, **kwargs)
    values["loss"] = values.pop(metric, values["loss"])
    return scaffold, update_op, values, hooks

  made._evaluate_build_graph = build_with_loss


def replace_training(made: estimator.Estimator, train: Train) -> None:
  """Makes an Estimator's `train` call a function in place of its own graph.

  Args:
    made: the Estimator. It still finds its steps, hooks and listeners first.
    train: takes input_fn, hooks and saving listeners; returns the final loss.
  """
  made._train_model = train


def train_in_current_graph(
  made: estimator.Estimator,
  spec: estimator.EstimatorSpec,
  *,
  worker_hooks: list[tf.train.SessionRunHook],
  hooks: list[tf.train.SessionRunHook],
  saving_listeners: Sequence[tf.train.CheckpointSaverListener],
) -> tf.Tensor:
  """Runs an Estimator's training loop in the current graph; returns the loss.

  Args:
    made: the Estimator; its config says where and how often to save.
    spec: what the model_fn returned in this graph.
    worker_hooks: run ahead of `hooks`; Estimator adds its own to this list.
    hooks: given to `train`.
    saving_listeners: given to `train`.
  """
  return made._train_with_estimator_spec(
    spec, worker_hooks, hooks, tf.train.get_global_step(), saving_listeners
  )


def heads_of(multi_head: estimator.MultiHead) -> Sequence[estimator.Head]:
  """Returns the heads that a multi-head was made from, in their order."""
  return tuple(multi_head._heads)
