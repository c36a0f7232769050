"""The checkpoints of a run on disk: the damaged are put aside."""

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


def put_damaged_aside(model_dir: pathlib.Path) -> list[str]:
  """Makes the last checkpoint that can be read the one that training starts with.

  Every tensor is read and compared with its checksum. What is damaged is renamed,
  with its path told, and `checkpoint`, which Estimator reads, names the rest. Where
  that file is lost or damaged itself, it is written anew.

  Args:
    model_dir: of the run; nobody else works in it.

  Returns:
    The names of the damaged checkpoints, the newest first.
  """
  # By a save that ended midway.
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
      "%s is damaged (%s); its files are put aside as %s%s.*, and training goes on "
      "from %s.",
      model_dir / name,
      damage,
      ASIDE,
      name,
      f"step {steps[-1]}" if steps else "its start",
    )
  if damaged or _named_last(model_dir) != (steps[-1] if steps else None):
    _write_state(model_dir, steps)
  return damaged


def step_of(checkpoint: str | None) -> int:
  """Returns the step that a checkpoint holds; 0 where there is none.

  That in its name may be some steps less: a cluster's workers go on while the chief
  saves.

  Args:
    checkpoint: its path.
  """
  return (
    int(tf.train.load_variable(checkpoint, "global_step")) if checkpoint else 0
  )


def find_damage(checkpoint: str) -> str | None:
  """Returns why a checkpoint can't be read, or None."""
  try:
    reader = tf.train.load_checkpoint(checkpoint)
    for name in reader.get_variable_to_shape_map():
      reader.get_tensor(name)
  except Exception as error:  # Errors of TensorFlow's reader, of many classes.
    return one_line(error)
  return None


def _named_last(model_dir: pathlib.Path) -> int | None:
  """Returns the step of the last checkpoint by the `checkpoint` file."""
  try:
    state = tf.train.get_checkpoint_state(str(model_dir))
  except Exception:  # Of protobuf's text format.
    return None
  path = state.model_checkpoint_path if state else ""
  match = _INDEX.fullmatch(f"{os.path.basename(path)}.index")
  return int(match.group(1)) if match else None


def _write_state(model_dir: pathlib.Path, steps: list[int]) -> None:
  if not steps:
    (model_dir / "checkpoint").unlink(missing_ok=True)
    return
  # As Estimator's saver writes it; TensorFlow's function makes paths absolute.
  lines = [f'model_checkpoint_path: "model.ckpt-{steps[-1]}"']
  lines += [f'all_model_checkpoint_paths: "model.ckpt-{s}"' for s in steps]
  write_text(model_dir / "checkpoint", "\n".join(lines) + "\n")
