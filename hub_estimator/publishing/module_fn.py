"""Publishes a user's module_fn, initialized or with weights of a checkpoint."""

import dataclasses
import logging
import re
from collections.abc import Mapping, Sequence

import gin

from hub_estimator.errors import UserError, check_regex
from hub_estimator.modules import (
  ModuleInfo,
  NewModule,
  VariantInfo,
  read_module_info,
)
from hub_estimator.publishing import checkpoint_weights
from hub_estimator.publishing.staging import new_directory
from hub_estimator.tensorflow_runtime import hub, tf

_log = logging.getLogger(__name__)
_SHOWN = 10


@gin.register("publish", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Publication:
  """Describes the module that `publish module_fn` makes.

  Attributes:
    module: a `new_module`: the function, and its variants by tags.
    checkpoint: the prefix or directory of a TensorFlow checkpoint with the
      variables; None initializes all variables.
    names: {regex: replacement}, from a variable's name in the module to its name
      in the checkpoint. The first regex that matches the whole name applies; a
      name that no regex matches is the same in both.
    initialize: regexes of variables that may be missing in the checkpoint; if
      they are, they are initialized.
  """

  module: NewModule
  checkpoint: str | None = None
  names: Mapping[str, str] = dataclasses.field(default_factory=dict)
  initialize: Sequence[str] = ()

  def __post_init__(self) -> None:
    if not isinstance(self.module, NewModule):
      raise UserError(
        f"publish.module is {self.module!r}; it must be a new module: "
        "@new_module()."
      )
    if isinstance(self.initialize, str):
      raise UserError(
        f"publish.initialize is the string {self.initialize!r}; it must be a "
        f"list of regexes: write [{self.initialize!r}]."
      )
    for pattern in self.names:
      check_regex(pattern, "publish.names")
    for pattern in self.initialize:
      check_regex(pattern, "publish.initialize")

  def name_of(self, variable: str) -> str:
    """Returns the name of a variable in the checkpoint."""
    for pattern, replacement in self.names.items():
      if re.fullmatch(pattern, variable):
        return re.sub(pattern, replacement, variable, count=1)
    return variable


@dataclasses.dataclass(frozen=True)
class Report:
  """The origin of a published module's variables.

  Attributes:
    path: the directory of the module.
    restored: names in the checkpoint, by name in the module.
    initialized: names of variables that the checkpoint lacks.
    unused: names in the checkpoint that the module lacks.
  """

  path: str
  restored: Mapping[str, str]
  initialized: Sequence[str]
  unused: Sequence[str]


def publish(
  path: str, publication: Publication, *, documentation: str | None = None
) -> Report:
  """Writes the module of a module_fn with the variables of all its variants.

  Args:
    path: a directory that doesn't exist yet.
    publication: the module and its weights.
    documentation: a Markdown file to attach.

  Returns:
    The origin of each variable.

  Raises:
    UserError: `path` exists, module_fn fails, no variant has the variables of all
      others, or the checkpoint lacks a variable or has another shape for it.
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
    weights = _find_weights(publication, info, variables)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    weights.load(session, variables)
    module.export(str(scratch / "module"), session)
  report = Report(
    path,
    weights.restored,
    sorted(set(variables) - set(weights.restored)),
    weights.unused,
  )
  if publication.checkpoint is not None:
    _log_report(report)
  return report


def _widest(info: ModuleInfo) -> VariantInfo:
  """Returns the variant with all variables; a module stores those of one."""
  widest = max(
    info.variants.values(), key=lambda v: (len(v.variables), sorted(v.tags))
  )
  for tags, variant in info.variants.items():
    lost = sorted(set(variant.variables) - set(widest.variables))
    if lost:
      raise UserError(
        f"{info.handle}: variant {sorted(tags)} has variables that variant "
        f"{sorted(widest.tags)} lacks, but a module stores the variables of one "
        f"variant: {', '.join(lost[:5])}. Create them in both."
      )
  return widest


def _find_weights(
  publication: Publication,
  info: ModuleInfo,
  variables: Mapping[str, checkpoint_weights.Variable],
) -> checkpoint_weights.Weights:
  if publication.checkpoint is not None:
    return checkpoint_weights.find(
      publication.checkpoint,
      variables,
      name_of=publication.name_of,
      initialize=publication.initialize,
      module=info.handle,
    )
  if publication.names or publication.initialize:
    raise UserError(
      "publish.names and publish.initialize apply to a checkpoint, but "
      "publish.checkpoint is None."
    )
  return checkpoint_weights.NONE


def _log_report(report: Report) -> None:
  more = ", …" if len(report.unused) > _SHOWN else ""
  _log.info(
    "Restored %d variables from the checkpoint, initialized %d; %d in the "
    "checkpoint are unused: %s",
    len(report.restored),
    len(report.initialized),
    len(report.unused),
    ", ".join(report.unused[:_SHOWN]) + more,
  )
