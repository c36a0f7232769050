"""Many steps of training in one `session.run`.

A step of a head on kept features takes a fraction of what Python spends around it. So
its batches come in blocks, and the train op is a loop over one. A block ends wherever
something looks at the run: a checkpoint, a point of the curves, the first and the last
step.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from hub_estimator import heads, optimizers
from hub_estimator.inputs import STEPS
from hub_estimator.model import encoders, tops
from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.training.checked import Checked

# A signal, a progress line and an error of a step wait for a block's end.
_MOST_STEPS = 100
_MOST_BYTES = 16 << 20
_MOST_PRODUCTS = 2 << 30
# Their graphs are known to be the same in a loop.
_TOPS = (tops.Linear, tops.MLP)


@dataclasses.dataclass(frozen=True)
class Blocks:
  """Where blocks end.

  Attributes:
    most: steps of a block.
    multiples: steps at whose multiples one ends.
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


def plan(experiment, checked: Checked) -> Blocks | None:
  """Returns the blocks of a run's training, or None where each step is a run.

  Args:
    experiment: an `experiment.Experiment`.
    checked: of it, with kept outputs in place of what modules read.
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
  return Blocks(
    most,
    (experiment.eval_every_steps, experiment.summary_every_steps),
    experiment.max_steps,
  )


def loop(model_fn: Callable[..., estimator.EstimatorSpec]) -> Callable:
  """Returns a model_fn that trains on blocks as well as on batches.

  A block has all that a batch has, [steps, batch, ...], and its number of steps under
  the name `inputs.STEPS`. Loss and summaries are those of its last step.

  Args:
    model_fn: for `tf.estimator.Estimator`.
  """

  def looping(features, labels, mode, config=None):
    if STEPS not in features:
      return model_fn(features, labels, mode, config)
    blocks = dict(features)
    n_steps = blocks.pop(STEPS)

    def body(step, *_):
      batch, batch_labels = tf.nest.map_structure(
        lambda block: block[step], (blocks, labels)
      )
      spec = model_fn(batch, batch_labels, mode, config)
      summaries = tf.get_collection(tf.GraphKeys.SUMMARIES)
      # Estimator adds the loss by itself.
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
    _forget_body()
    tf.add_to_collection(tf.GraphKeys.SUMMARIES, summary)
    return estimator.EstimatorSpec(mode, loss=loss, train_op=done.op)

  return looping


def _forget_body() -> None:
  """Drops from the graph's collections what lies in the loop's own graph."""
  graph = tf.get_default_graph()
  for name in graph.collections:
    members = tf.get_collection_ref(name)
    members[:] = [m for m in members if getattr(m, "graph", graph) is graph]
