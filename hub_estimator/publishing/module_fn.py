"""A user's module_fn -> a module, from nothing or from a checkpoint."""

import dataclasses
import logging
import os
import re
from collections.abc import Mapping, Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError, check_regex, nearest, one_line
from hub_estimator.modules import ModuleInfo, NewModule, read_module_info
from hub_estimator.publishing.staging import new_directory
from hub_estimator.tensorflow_runtime import hub, tensorflow_internals, tf

_LOG = logging.getLogger(__name__)


@gin.register("publish", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Publication:
  """What `publish module_fn` makes.

  Attributes:
    module: a `new_module`: the function, and its variants by tags.
    checkpoint: prefix or directory of a checkpoint of TensorFlow that holds the
      variables; None initialises them.
    names: {regex: replacement} from a variable's name in the module to its name
      in the checkpoint; the first that matches the whole name counts, a name that
      none does is the same in both.
    initialize: regexes of variables that the checkpoint needn't hold; they are
      initialised.
  """

  module: NewModule
  checkpoint: str | None = None
  names: Mapping[str, str] = dataclasses.field(default_factory=dict)
  initialize: Sequence[str] = ()

  def __post_init__(self):
    if not isinstance(self.module, NewModule):
      raise UserError(
        f"publish.module is {self.module!r}; it is a new module: @new_module()."
      )
    if isinstance(self.initialize, str):
      raise UserError(
        f"publish.initialize is a list of regexes: write [{self.initialize!r}]."
      )
    for pattern in self.names:
      check_regex(pattern, "publish.names")
    for pattern in self.initialize:
      check_regex(pattern, "publish.initialize")

  def name_of(self, variable: str) -> str:
    """Returns a variable's name in the checkpoint."""
    for pattern, replacement in self.names.items():
      if re.fullmatch(pattern, variable):
        return re.sub(pattern, replacement, variable, count=1)
    return variable


@dataclasses.dataclass(frozen=True)
class Report:
  """Where a module's variables are from.

  Attributes:
    path: of the module.
    restored: those of the checkpoint: names there, by name in the module.
    initialized: the others.
    unused: names in the checkpoint that no variable took.
  """

  path: str
  restored: Mapping[str, str]
  initialized: Sequence[str]
  unused: Sequence[str]


def publish(
  path: str, publication: Publication, *, documentation: str | None = None
) -> Report:
  """Writes the module of a module_fn, with the variables of all its variants.

  Args:
    path: a directory that doesn't exist yet.
    publication: what is published.
    documentation: a file of Markdown that is attached.

  Raises:
    UserError: `path` exists, module_fn fails, no variant has the variables of all
      others, or the checkpoint lacks one or has another shape.
  """
  info = read_module_info(publication.module)
  variant = _widest(info)
  with (
    new_directory(path, documentation=documentation) as scratch,
    tf.Graph().as_default(),
    tf.Session() as session,
  ):
    module = hub.Module(info.spec, tags=set(variant.tags))
    variables = module.variable_map
    restored, unused, reader = _match(publication, info, variables)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    for name, variable in variables.items():
      if name in restored:
        _load(session, variable, reader.get_tensor(restored[name]))
    module.export(str(scratch / "module"), session)
  initialized = sorted(set(variables) - set(restored))
  if publication.checkpoint is not None:
    _LOG.info(
      "%d variables are the checkpoint's, %d are initialised, and %d of the "
      "checkpoint are left: %s",
      len(restored),
      len(initialized),
      len(unused),
      ", ".join(unused[:10]) + (", …" if len(unused) > 10 else ""),
    )
  return Report(path, restored, initialized, unused)


def _widest(info: ModuleInfo):
  """Returns the variant whose variables are stored, which are all there are."""
  widest = max(
    info.variants.values(), key=lambda v: (len(v.variables), sorted(v.tags))
  )
  for tags, variant in info.variants.items():
    lost = sorted(set(variant.variables) - set(widest.variables))
    if lost:
      raise UserError(
        f"{info.handle}: the variant {sorted(tags)} has variables that "
        f"{sorted(widest.tags)} lacks, and a module stores those of one variant: "
        f"{', '.join(lost[:5])}. Make them in both."
      )
  return widest


def _match(publication: Publication, info: ModuleInfo, variables: Mapping):
  if publication.checkpoint is None:
    if publication.names or publication.initialize:
      raise UserError(
        "publish.names and publish.initialize speak of a checkpoint, and "
        "publish.checkpoint names none."
      )
    return {}, [], None
  path = os.path.expanduser(publication.checkpoint)
  try:
    reader = tf.train.load_checkpoint(path)
    stored = reader.get_variable_to_shape_map()
  except Exception as error:  # Errors of TensorFlow's reader, of many classes.
    raise UserError(
      f"publish.checkpoint: {publication.checkpoint!r} is no checkpoint that can "
      f"be read: {one_line(error)}"
    ) from error
  restored, missing = {}, []
  for name, variable in sorted(variables.items()):
    wanted = publication.name_of(name)
    if wanted in stored:
      if stored[wanted] != _shape(variable):
        raise UserError(
          f"{info.handle}: {name!r} is {_shape(variable)}, and {wanted!r} in the "
          f"checkpoint {stored[wanted]}."
        )
      restored[name] = wanted
    elif not any(re.search(p, name) for p in publication.initialize):
      missing.append((name, wanted))
  if missing:
    name, wanted = missing[0]
    asked = "" if name == wanted else f" ({name!r} in the module)"
    raise UserError(
      f"The checkpoint {publication.checkpoint!r} lacks {len(missing)} of "
      f"{len(variables)} variables, the first {wanted!r}{asked}; "
      f"{nearest(wanted, stored)} Map names with publish.names, or list what is "
      "new in publish.initialize."
    )
  taken = set(restored.values())
  return restored, sorted(set(stored) - taken), reader


def _parts(variable) -> list[tf.Variable]:
  """Returns a variable, or the parts of a partitioned one, which are slices."""
  return variable if isinstance(variable, list) else [variable]


def _shape(variable) -> list[int]:
  return list(tensorflow_internals.place_in_whole(_parts(variable)[0])[0])


def _load(session, variable, value: np.ndarray) -> None:
  """Sets a variable, without a constant in the graph."""
  for part in _parts(variable):
    piece = value[tensorflow_internals.place_in_whole(part)[1]]
    part.load(piece.astype(part.dtype.as_numpy_dtype), session)
