"""Writes checkpoints at multiples of a step, and when a signal asks for one."""

from typing import Any

from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.training.preemption import Preempted, Preemption


class CheckpointHook(estimator.CheckpointSaverHook):
  """Saves as Estimator does, but at multiples of a step, and after a signal.

  The weights that training starts with are not saved: they can be made again, or are
  the last checkpoint, and writing them costs as much as any other checkpoint. A run
  that resumes between two multiples is saved and evaluated at the same steps as an
  undisturbed one. The graph is written once, for TensorBoard; Estimator writes it
  three times, once as text, which for a large module takes longer than building it.
  """

  def __init__(
    self,
    model_dir: str,
    *,
    every_steps: int,
    preemption: Preemption,
    steps_per_run: int = 1,
  ):
    """Makes the hook.

    Args:
      model_dir: where checkpoints are written.
      every_steps: saves at multiples of this step, and at the end.
      preemption: learns from the hook whether a step is running, and says whether a
        signal came.
      steps_per_run: the most steps in one `session.run`.
    """
    super().__init__(model_dir, save_steps=every_steps)
    self._set_steps_per_run(steps_per_run)
    self._every_steps = every_steps
    self._preemption = preemption

  def begin(self) -> None:
    super().begin()
    # The tensor that others fetch, too: preparing another fetch of a large graph
    # takes 0.1 s.
    self._global_step_tensor = tf.train.get_global_step()

  def after_create_session(self, session: tf.Session, coord: Any) -> None:
    del coord
    self._summary_writer.add_graph(tf.get_default_graph())
    step = session.run(self._global_step_tensor)
    # Estimator's listener, which evaluates, ignores its first call.
    for listener in self._listeners:
      listener.after_save(session, step)
    self._timer.update_last_triggered_step(step - step % self._every_steps)
    self._preemption.stepping = True

  def after_run(
    self,
    run_context: estimator.SessionRunContext,
    run_values: estimator.SessionRunValues,
  ) -> None:
    if self._preemption.signal is not None:
      session = run_context.session
      step = int(session.run(self._global_step_tensor))
      # Not the listeners: evaluation and export may take minutes.
      self._get_saver().save(session, self._save_path, global_step=step)
      raise Preempted(self._preemption.signal, step)
    last = self._timer.last_triggered_step()
    super().after_run(run_context, run_values)
    saved = self._timer.last_triggered_step()
    if saved != last:
      # With other workers, the step advances in strides.
      self._timer.update_last_triggered_step(saved - saved % self._every_steps)

  def end(self, session: tf.Session) -> None:
    super().end(session)
    self._preemption.stepping = False

  def _save(self, session: tf.Session, step: int) -> bool | None:
    # Evaluation and export follow, which a signal may interrupt.
    self._preemption.stepping = False
    try:
      return super()._save(session, step)
    finally:
      self._preemption.stepping = True
