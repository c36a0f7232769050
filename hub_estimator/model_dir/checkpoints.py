"""The checkpoints of a run: their steps, and damaged ones set aside."""

import logging
import os
import pathlib
import re
import shutil

from hub_estimator.disk import write_text
from hub_estimator.errors import one_line
from hub_estimator.tensorflow_runtime import tf

_LOG = logging.getLogger(__name__)
_INDEX = re.compile(r"model\.ckpt-(\d+)\.index")
ASIDE = "damaged-"


def set_damaged_aside(model_dir: pathlib.Path) -> list[str]:
  """Renames damaged checkpoints, so that training resumes from the last sound one.

  Reads every tensor of the last checkpoint and compares it with its checksum. If
  the checkpoint is damaged, its new name is logged, and the previous checkpoint is
  checked. The file `checkpoint`, which Estimator reads, then names the sound ones;
  it is also written again if it is lost or damaged itself.

  Args:
    model_dir: of the run; no other process works in it.

  Returns:
    The names of the damaged checkpoints, the newest first.
  """
  # An interrupted save leaves these.
  for left in model_dir.glob("model.ckpt-*_temp"):
    shutil.rmtree(left, ignore_errors=True)
  steps = sorted(
    int(match.group(1))
    for match in map(_INDEX.fullmatch, os.listdir(model_dir))
    if match
  )
  damaged = []
  while steps:
    name = f"model.ckpt-{steps[-1]}"
    damage = find_damage(str(model_dir / name))
    if damage is None:
      break
    steps.pop()
    damaged.append(name)
    for path in model_dir.glob(f"{name}.*"):
      os.replace(path, model_dir / f"{ASIDE}{path.name}")
    _LOG.warning(
      "%s is damaged (%s); its files are set aside as %s%s.*, and training resumes "
      "from %s.",
      model_dir / name,
      damage,
      ASIDE,
      name,
      f"step {steps[-1]}" if steps else "the beginning",
    )
  if damaged or _named_last(model_dir) != (steps[-1] if steps else None):
    _write_state(model_dir, steps)
  return damaged


def step_of(checkpoint: str | None) -> int:
  """Returns the step that a checkpoint holds; 0 if there is no checkpoint.

  The step in its name may be a little smaller: the workers of a cluster continue
  while the chief saves.

  Args:
    checkpoint: its path, or None.
  """
  return (
    int(tf.train.load_variable(checkpoint, "global_step")) if checkpoint else 0
  )


def find_damage(checkpoint: str) -> str | None:
  """Returns the reason why a checkpoint can't be read, or None if it can."""
  try:
    reader = tf.train.load_checkpoint(checkpoint)
    for name in reader.get_variable_to_shape_map():
      reader.get_tensor(name)
  except Exception as error:  # TensorFlow's reader raises many classes.
    return one_line(error)
  return None


def _named_last(model_dir: pathlib.Path) -> int | None:
  """Returns the step of the last checkpoint that the file `checkpoint` names."""
  try:
    state = tf.train.get_checkpoint_state(str(model_dir))
  except Exception:  # From protobuf's text format.
    return None
  path = state.model_checkpoint_path if state else ""
  match = _INDEX.fullmatch(f"{os.path.basename(path)}.index")
  return int(match.group(1)) if match else None


def _write_state(model_dir: pathlib.Path, steps: list[int]) -> None:
  if not steps:
    (model_dir / "checkpoint").unlink(missing_ok=True)
    return
  # Relative paths, as Estimator's saver writes them; TensorFlow's function would
  # make them absolute.
  lines = [f'model_checkpoint_path: "model.ckpt-{steps[-1]}"']
  lines += [f'all_model_checkpoint_paths: "model.ckpt-{s}"' for s in steps]
  write_text(model_dir / "checkpoint", "\n".join(lines) + "\n")
