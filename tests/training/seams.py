"""What tests give to a run to see how it trains: a cache that counts, hooks that note."""

from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.training import ProcessCache


class CountingCache(ProcessCache):
  """A cache that notes what it makes."""

  def __init__(self):
    super().__init__()
    self.made = []

  def get(self, parts, make, *, is_large=False):
    def noted():
      self.made.append(parts[0])
      return make()

    return super().get(parts, noted, is_large=is_large)

  def count(self, kind):
    """Returns how many values of a kind were made."""
    return self.made.count(kind)


class NoteSteps(estimator.SessionRunHook):
  """Notes the global step before each `session.run` of training."""

  each_step = False

  def __init__(self):
    self.steps = []

  def begin(self):
    self._step = tf.train.get_global_step()

  def after_create_session(self, session, coord):
    self._next = int(session.run(self._step))

  def after_run(self, run_context, run_values):
    # Not before it: the run that finds no more examples trains nothing.
    self.steps.append(self._next)
    self._next = int(run_context.session.run(self._step))


class NoteGraphs(estimator.SessionRunHook):
  """Notes the graph of each training, and its number of ops at the end."""

  each_step = False

  def __init__(self):
    self.graphs = []
    self.n_ops = []

  def begin(self):
    self.graphs.append(tf.get_default_graph())

  def end(self, session):
    self.n_ops.append(len(self.graphs[-1].get_operations()))
