"""Turns an error in training into one line, kept in result.json."""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator, Sequence

from hub_estimator import cluster, inputs, optimizers
from hub_estimator.errors import RunFailed, UserError, one_line
from hub_estimator.model import LOGITS_NOT_FINITE
from hub_estimator.model_dir import Workdir, checkpoints, results
from hub_estimator.runs.request import Request
from hub_estimator.tensorflow_runtime import estimator, op_errors, tf

# Completes a message about an example that has no class.
NO_PROBABILITIES = (
  "its logits are NaN or infinite, so it has no probabilities and no class; "
  "look for NaN or huge numbers in its features"
)
_SHOWN_IMAGES = 3
_NO_SPACE = os.strerror(errno.ENOSPC)


@contextlib.contextmanager
def reporting_failure(
  request: Request,
  run_estimator: estimator.Estimator,
  status: cluster.StatusFiles | None = None,
) -> Iterator[None]:
  """Turns an error in a training step into RunFailed, and writes it to result.json.

  Args:
    request: to train.
    run_estimator: of the run.
    status: of a cluster's members, which learn of the failure too.
  """
  with contextlib.ExitStack() as stack:
    if status is not None:
      stack.enter_context(status.reporting_failure())
    try:
      yield
    except (tf.errors.OpError, OSError, RuntimeError) as error:
      # The writer of events raises a plain RuntimeError.
      if type(error) is RuntimeError and _NO_SPACE not in str(error):
        raise
      failed = (
        error
        if isinstance(error, RunFailed)
        else failure_of(
          error,
          run_estimator,
          request.workdir,
          sources=(
            request.experiment.train_input,
            request.experiment.eval_input,
          ),
        )
      )
      if status is None or status.task.trains:
        _write_failure(request, run_estimator, failed)
      raise failed from error


def failure_of(
  error: Exception,
  run_estimator: estimator.Estimator,
  workdir: Workdir,
  *,
  sources: Sequence[object] = (),
) -> RunFailed:
  """Returns the error to raise instead of one in a training step.

  Args:
    error: as TensorFlow or the operating system raised it.
    run_estimator: of the run.
    workdir: of the run.
    sources: the run's inputs, whose images are decoded to name a damaged one.
  """
  message = one_line(error)
  checkpoint = run_estimator.latest_checkpoint()
  left = (
    f"the last good checkpoint is {checkpoint}"
    if checkpoint
    else "there is no checkpoint yet"
  )
  if (bad := example_without_probabilities(error)) is not None:
    return RunFailed(
      f"Evaluation stopped at example {bad} of run.eval_input: "
      f"{NO_PROBABILITIES}; {left}."
    )
  if optimizers.NOT_FINITE not in message:
    free = shutil.disk_usage(workdir.path).free / 1e6
    space = f" ({free:.1f} MB are free)" if _NO_SPACE in message else ""
    named = ""
    if isinstance(error, tf.errors.InvalidArgumentError):
      damaged = [one for source in sources for one in _damaged_images(source)]
      named = "; ".join(damaged[:_SHOWN_IMAGES]) + "; " if damaged else ""
    return RunFailed(f"{named}{_essence(error)}{space}; {left}.")
  numbers = re.findall(
    r"\[([^\[\]]+)\]", message.split(optimizers.NOT_FINITE)[1]
  )
  step, loss, norm = (numbers + ["?"] * 3)[:3]
  return RunFailed(
    f"Training stopped at step {step}: the loss is {loss} and its gradient's "
    f"norm {norm}; {left}. A smaller learning rate often helps."
  )


def example_without_probabilities(error: Exception) -> int | None:
  """Returns the position of an example whose logits end an evaluation.

  Args:
    error: as TensorFlow raised it; None comes back for any other error.
  """
  found = re.search(
    rf"\[{re.escape(LOGITS_NOT_FINITE)}\]\s*\[(\d+)\]", one_line(error)
  )
  return int(found.group(1)) if found else None


def _damaged_images(source: object) -> list[str]:
  """Returns the damaged images of an input and of those that it is made of."""
  if isinstance(source, inputs.ImageFolder | inputs.ImageTable):
    return source.find_damaged()
  parts = [getattr(source, "source", None), *getattr(source, "sources", ())]
  return [image for part in parts if part for image in _damaged_images(part)]


def _write_failure(
  request: Request, run_estimator: estimator.Estimator, failed: RunFailed
) -> None:
  # The disk may be full.
  with contextlib.suppress(OSError, tf.errors.OpError):
    results.write(
      request.workdir.result,
      results.Result(
        state=results.FAILED,
        steps=checkpoints.step_of(run_estimator.latest_checkpoint()),
        metrics={},
        best={},
        exports={},
        seconds={"total": request.seconds()},
        error=str(failed),
      ),
    )


def _essence(error: Exception) -> str:
  """Returns an error's one line; an input's error in the pipeline as the input's."""
  prefix = f"{UserError.__module__}.{UserError.__name__}: "
  return op_errors.essence(error).removeprefix(prefix)
