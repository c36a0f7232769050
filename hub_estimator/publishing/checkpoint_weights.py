"""A module's weights in a checkpoint, found by name and shape."""

import dataclasses
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.tensorflow_runtime import tensorflow_internals, tf

# As in `hub.Module.variable_map`: a partitioned variable is a list of its parts.
Variable: TypeAlias = tf.Variable | list[tf.Variable]


@dataclasses.dataclass(frozen=True)
class Weights:
  """The weights that a checkpoint has for a module's variables.

  Attributes:
    reader: TensorFlow's reader of the checkpoint; None if there is none.
    restored: names in the checkpoint, by name in the module.
    unused: names in the checkpoint that the module lacks.
  """

  reader: Any
  restored: Mapping[str, str]
  unused: Sequence[str]

  def load(
    self, session: tf.Session, variables: Mapping[str, Variable]
  ) -> None:
    """Sets the variables in a session, without constants in the graph.

    Args:
      session: a session of the variables' graph.
      variables: by name in the module.
    """
    for name, variable in variables.items():
      if name in self.restored:
        value = self.reader.get_tensor(self.restored[name])
        for part in _parts(variable):
          _, place = tensorflow_internals.place_in_whole(part)
          part.load(value[place].astype(part.dtype.as_numpy_dtype), session)


NONE = Weights(None, {}, ())


def find(
  checkpoint: str,
  variables: Mapping[str, Variable],
  *,
  name_of: Callable[[str], str],
  initialize: Sequence[str],
  module: str,
) -> Weights:
  """Returns the weights in a checkpoint.

  Args:
    checkpoint: its prefix or directory.
    variables: the module's variables, by name.
    name_of: from a name in the module to the name in the checkpoint.
    initialize: regexes of variables that may be missing.
    module: the module's name for error messages.

  Raises:
    UserError: the checkpoint can't be read, lacks a variable, or has another
      shape for one.
  """
  reader = _open(checkpoint)
  stored = reader.get_variable_to_shape_map()
  restored: dict[str, str] = {}
  missing = []
  for name, variable in sorted(variables.items()):
    wanted = name_of(name)
    if wanted in stored:
      if stored[wanted] != _shape(variable):
        raise UserError(
          f"{module}: {name!r} is {_shape(variable)}, but {wanted!r} in the "
          f"checkpoint is {stored[wanted]}."
        )
      restored[name] = wanted
    elif not any(re.search(p, name) for p in initialize):
      missing.append((name, wanted))
  if missing:
    name, wanted = missing[0]
    in_module = "" if name == wanted else f" ({name!r} in the module)"
    raise UserError(
      f"The checkpoint {checkpoint!r} lacks {len(missing)} of {len(variables)} "
      f"variables, the first {wanted!r}{in_module}; {nearest(wanted, stored)} Map "
      "names with publish.names, or list new variables in publish.initialize."
    )
  return Weights(reader, restored, sorted(set(stored) - {*restored.values()}))


def _open(checkpoint: str) -> Any:
  try:
    return tf.train.load_checkpoint(os.path.expanduser(checkpoint))
  except Exception as error:  # TensorFlow's reader raises many classes.
    raise UserError(
      f"publish.checkpoint: {checkpoint!r} can't be read as a checkpoint: "
      f"{one_line(error)}"
    ) from error


def _parts(variable: Variable) -> list[tf.Variable]:
  return variable if isinstance(variable, list) else [variable]


def _shape(variable: Variable) -> list[int]:
  """Returns the shape of the whole variable."""
  whole, _ = tensorflow_internals.place_in_whole(_parts(variable)[0])
  return list(whole)
