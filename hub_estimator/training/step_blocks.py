"""Blocks of training steps in one `session.run`.

A step of a head on kept features takes a fraction of the time that Python spends around
it. So batches come in blocks, and the train op is a loop over a block. A block ends
wherever somebody reads the run: at a checkpoint, a point of the curves, the first and
the last step.
"""

import dataclasses
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hub_estimator import heads, optimizers
from hub_estimator.experiments import Experiment
from hub_estimator.inputs import STEPS
from hub_estimator.model import encoders, tops
from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.training.checked import Checked

_log = logging.getLogger(__name__)
# Signals, progress and errors wait for the end of a block.
_MOST_STEPS = 100
_MOST_BYTES = 16 << 20
_MOST_PRODUCTS = 2 << 30
# Their graphs are known to work inside a loop.
_TOPS = (tops.Linear, tops.MLP)
ModelFn = Callable[..., estimator.EstimatorSpec]


@dataclasses.dataclass(frozen=True)
class Blocks:
  """The steps at which blocks end.

  Attributes:
    most: steps in a block.
    multiples: a block ends at each multiple of these steps.
    last: the run's last step.
  """

  most: int
  multiples: tuple[int, ...]
  last: int

  def end(self, step: int) -> int:
    """Returns the step after the block that starts at `step`."""
    if step == 0:
      return 1
    ends = [step - step % every + every for every in self.multiples]
    return min(step + self.most, self.last, *ends)


def plan(
  experiment: Experiment,
  checked: Checked,
  hooks: Sequence[estimator.SessionRunHook] = (),
) -> Blocks | None:
  """Returns the blocks of a run, or None if each step is a `session.run`.

  Args:
    experiment: the run's definition.
    checked: the run, with kept outputs instead of the features that modules read.
    hooks: of the user's. They see only the last step of a block, so that none is
      made unless each hook has an attribute `each_step` that is False.
  """
  if not (
    encoders.holds_outputs(checked.train.features)
    and type(experiment.top) in _TOPS
    and heads.is_known(experiment.head)
    and optimizers.is_known(experiment.optimizer)
    and type(experiment.encoder) is not encoders.Columns
  ):
    return None
  features, _ = checked.train.take(slice(0, 1))
  n_bytes = sum(array.nbytes for array in features.values())
  trained = sum(
    math.prod(shape)
    for name, shape in checked.variables.items()
    if name.split("/")[0] not in checked.infos
  )
  most = min(
    _MOST_STEPS,
    _MOST_BYTES // (experiment.batch_size * n_bytes),
    _MOST_PRODUCTS // (experiment.batch_size * max(trained, 1)),
  )
  if most < 2:
    return None
  for hook in hooks:
    if getattr(hook, "each_step", True):
      _log.info(
        "Each step is a session.run of its own, for the hook %s; with an attribute "
        "each_step = False, it would see the last of up to %d steps.",
        type(hook).__name__,
        most,
      )
      return None
  return Blocks(
    most,
    (experiment.eval_every_steps, experiment.summary_every_steps),
    experiment.max_steps,
  )


def loop(model_fn: ModelFn) -> ModelFn:
  """Returns a model_fn that trains on blocks as well as on batches.

  A block holds the features of a batch as [steps, batch, ...], and its number of steps
  under the name `inputs.STEPS`. Loss and summaries are those of its last step.

  Args:
    model_fn: for `tf.estimator.Estimator`.
  """

  def looping(
    features: dict[str, tf.Tensor], labels: Any, mode: str, config: Any = None
  ) -> estimator.EstimatorSpec:
    if STEPS not in features:
      return model_fn(features, labels, mode, config)
    blocks = dict(features)
    n_steps = blocks.pop(STEPS)

    def body(step: tf.Tensor, *_: tf.Tensor) -> tuple[tf.Tensor, ...]:
      batch, batch_labels = tf.nest.map_structure(
        lambda block: block[step], (blocks, labels)
      )
      spec = model_fn(batch, batch_labels, mode, config)
      summaries = tf.get_collection(tf.GraphKeys.SUMMARIES)
      # Estimator adds the loss itself.
      summary = tf.summary.merge(
        [s for s in summaries if s.op.name != "loss"], collections=[]
      )
      with tf.control_dependencies([spec.train_op]):
        return step + 1, tf.identity(spec.loss), tf.identity(summary)

    done, loss, summary = tf.while_loop(
      lambda step, *_: step < n_steps,
      body,
      (tf.constant(0), tf.constant(np.nan, tf.float32), tf.constant("")),
    )
    _drop_body_from_collections()
    tf.add_to_collection(tf.GraphKeys.SUMMARIES, summary)
    return estimator.EstimatorSpec(mode, loss=loss, train_op=done.op)

  return looping


def _drop_body_from_collections() -> None:
  """Drops the members of collections that lie in the loop's own graph."""
  graph = tf.get_default_graph()
  for name in graph.collections:
    members = tf.get_collection_ref(name)
    members[:] = [m for m in members if getattr(m, "graph", graph) is graph]
