"""Builds a run's graph in one mode, to find its errors before step 1."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.model import (
  encoded_outputs,
  encoders,
  pass_through,
  placed_modules,
)
from hub_estimator.modules import ModuleInfo, ModuleSource
from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.training import (
  EvaluationGraph,
  TrainGraph,
  evaluation_graph,
  train_graph,
)

ModelFn = Callable[..., estimator.EstimatorSpec]


@dataclasses.dataclass(frozen=True)
class Built:
  """What one graph of a run holds.

  Attributes:
    variables: shape by name of the model's variables.
    widths: of each application's output.
    modules: source and info of each module in the graph, by `module.name`.
  """

  variables: Mapping[str, tuple[int, ...]]
  widths: Sequence[int]
  modules: Mapping[str, tuple[ModuleSource, ModuleInfo]]


@dataclasses.dataclass(frozen=True)
class Builder:
  """Builds the graphs of one run.

  Attributes:
    function: the model_fn.
    seed: of the graphs.
  """

  function: ModelFn
  seed: int

  def build_training(
    self,
    input_fn: Callable[[], tf.data.Dataset],
    *,
    kept: Sequence[int] | None,
  ) -> tuple[Built, TrainGraph]:
    """Returns what the graph of training holds, and the graph.

    Args:
      input_fn: of training.
      kept: widths of the modules' outputs if they are kept on disk; None computes
        them in the graph.
    """
    graph = train_graph.build(
      self._with_outputs(kept), input_fn, seed=self.seed
    )
    return _built(graph.graph), graph

  def build_evaluation(
    self,
    input_fn: Callable[[], tf.data.Dataset],
    *,
    metrics: Sequence[tuple[str, str]],
  ) -> tuple[Built, EvaluationGraph]:
    """Returns what the graph of evaluation holds, and the graph.

    Args:
      input_fn: of evaluation.
      metrics: (gin's name, metric) of metrics that evaluation must give.

    Raises:
      UserError: a metric isn't there.
    """
    graph = evaluation_graph.build(
      self._with_outputs(None), input_fn, seed=self.seed
    )
    known = set(graph.values) - {tf.GraphKeys.GLOBAL_STEP}
    for binding, metric in metrics:
      if metric not in known:
        raise UserError(f"{binding} {metric!r}: {nearest(metric, known)}")
    return _built(graph.graph), graph

  def build_serving(
    self,
    serving_input_fn: Callable[[], estimator.export.ServingInputReceiver],
    *,
    kept: Sequence[int] | None,
    passed: Sequence[str] = (),
  ) -> Built:
    """Returns what the graph of prediction holds.

    Args:
      serving_input_fn: of the run.
      kept: as for training.
      passed: columns that its signatures return, too.
    """
    with tf.Graph().as_default() as graph:
      tf.set_random_seed(self.seed)
      tf.train.create_global_step()
      features = serving_input_fn().features
      spec = self._with_outputs(kept)(
        features, None, estimator.ModeKeys.PREDICT
      )
      pass_through(spec, dict.fromkeys(passed))
    return _built(graph)

  def _with_outputs(self, kept: Sequence[int] | None) -> ModelFn:
    """Returns the model_fn, with placeholders for outputs that are kept."""

    def model_fn_with_outputs(
      features: dict[str, tf.Tensor],
      labels: Any,
      mode: str,
      config: Any = None,
    ) -> estimator.EstimatorSpec:
      del config
      for index, width in enumerate(kept or ()):
        features[encoders.output_key(index)] = tf.placeholder(
          tf.float32, [None, width]
        )
      with reporting_graph_errors(mode):
        return self.function(features, labels, mode)

    return model_fn_with_outputs


@contextlib.contextmanager
def reporting_graph_errors(mode: str) -> Iterator[None]:
  """Turns an error in building a graph into a UserError of one line.

  Args:
    mode: of the graph, for the message.
  """
  try:
    yield
  except UserError:
    raise
  except (TypeError, ValueError, tf.errors.OpError) as error:
    raise UserError(
      f"The {mode} graph can't be built: {type(error).__name__}: "
      f"{one_line(error)}"
    ) from error


def _built(graph: tf.Graph) -> Built:
  with graph.as_default():
    variables = {
      v.op.name: tuple(v.shape.as_list())
      for v in tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)
    }
    widths = [tensor.shape.as_list()[-1] for tensor in encoded_outputs()]
    found = {
      one.source.name: (one.source, one.info) for one in placed_modules()
    }
    return Built(variables, widths, found)
