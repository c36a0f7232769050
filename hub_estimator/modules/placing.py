"""Puts a module into the current graph, correctly for each mode."""

import dataclasses
import logging
import os
from collections.abc import Collection, Iterable, Mapping, Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.modules.module_info import ModuleInfo, VariantInfo
from hub_estimator.modules.new_modules import NewModule
from hub_estimator.tensorflow_runtime import (
  SaveableObject,
  SaveSpec,
  estimator,
  hub,
  tf,
)

_log = logging.getLogger(__name__)
TRAIN_TAG = "train"


@gin.register("module", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class ModuleSource:
  """Names a module and how it is used.

  Attributes:
    handle: directory, archive, URL, bucket, short name, model_dir of a run or a
      sweep (see `handles`), or a `new_module` that is trained from nothing.
    signature: the signature that is applied.
    output: the output that the head reads; None means "default", or the only
      one that there is.
    trainable: whether fine-tuning moves the module's variables.
    tags: the variant for training; None picks the one whose tags hold "train"
      where the module is trainable, else `inference_tags`.
    inference_tags: the variant for evaluation, prediction and export.
    name: the variable scope, the same in all modes.
    export_name: the directory of the exported module below its version; None
      exports no module.
  """

  handle: str | NewModule
  signature: str = "default"
  output: str | None = None
  trainable: bool = True
  tags: Sequence[str] | None = None
  inference_tags: Sequence[str] = ()
  name: str = "module"
  export_name: str | None = "module"

  def __post_init__(self):
    for field, optional in (
      ("signature", False),
      ("output", True),
      ("name", False),
      ("export_name", True),
    ):
      value = getattr(self, field)
      if not (isinstance(value, str) or (optional and value is None)):
        raise UserError(
          f"module.{field} is {value!r}; it is a name"
          + (" or None." if optional else ".")
        )
    if not isinstance(self.trainable, bool):
      raise UserError(
        f"module.trainable is {self.trainable!r}; it is True or False."
      )
    for field in ("tags", "inference_tags"):
      value = getattr(self, field)
      if isinstance(value, str):
        raise UserError(
          f"module.{field} is a list of tags, not the string {value!r}: write "
          f"[{value!r}]."
        )
    if self.export_name is not None:
      check_export_name(self.export_name)


def check_export_name(name: str) -> None:
  """Raises a UserError unless `name` stays inside its version's directory."""
  parts = name.replace("\\", "/").split("/")
  if (
    not name or name.startswith("/") or any(p in ("", ".", "..") for p in parts)
  ):
    raise UserError(
      f"module.export_name {name!r} escapes the export directory; use a "
      "relative name such as 'module' or 'text/encoder'."
    )


def choose_tags(info: ModuleInfo, source: ModuleSource, mode: str) -> frozenset:
  """Returns the tags of the variant for a mode.

  Args:
    info: what the module offers.
    source: what the user asked for.
    mode: one of `tf.estimator.ModeKeys`.

  Raises:
    UserError: there is no such variant, or a frozen module would run on its
      training variant, whose batch norm would then use batch statistics that
      nothing ever updates.
  """
  inference = info.variant(source.inference_tags).tags
  if mode != estimator.ModeKeys.TRAIN:
    return inference
  if source.tags is not None:
    chosen = info.variant(source.tags).tags
    if TRAIN_TAG in chosen and not source.trainable:
      raise UserError(
        f"Module {info.handle!r} is frozen and asked for its training "
        f"variant {sorted(chosen)}; set module.trainable = True or leave out "
        "module.tags."
      )
    return chosen
  if not source.trainable:
    return inference
  candidates = [tags for tags in info.variants if TRAIN_TAG in tags]
  for wanted in (inference | {TRAIN_TAG}, frozenset({TRAIN_TAG})):
    if wanted in candidates:
      return wanted
  if len(candidates) > 1:
    raise UserError(
      f"Module {info.handle!r} has several training variants; name one with "
      f"module.tags: {info.tags_text()}."
    )
  if candidates:
    return candidates[0]
  return inference


def log_variant(info: ModuleInfo, source: ModuleSource) -> None:
  """Says that a trainable module is trained in its inference variant.

  Most modules of text have no other; for one with batch norm or dropout it
  means that neither is in its training mode.
  """
  if source.tags is None and source.trainable:
    tags = choose_tags(info, source, estimator.ModeKeys.TRAIN)
    if TRAIN_TAG not in tags:
      _log.warning(
        "Module %r has no variant with the tag 'train'; it is fine-tuned in its "
        "variant %s.",
        info.handle,
        sorted(tags),
      )


def check_variants_agree(
  info: ModuleInfo, source: ModuleSource
) -> tuple[VariantInfo, VariantInfo]:
  """Returns the variants of training and of inference.

  Raises:
    UserError: inference needs a variable that training doesn't have, so no
      checkpoint would hold it.
  """
  train = info.variant(choose_tags(info, source, estimator.ModeKeys.TRAIN))
  infer = info.variant(choose_tags(info, source, estimator.ModeKeys.EVAL))
  lost = sorted(set(infer.variables) - set(train.variables))
  if lost:
    raise UserError(
      f"Module {info.handle!r}: variant {sorted(infer.tags)} has variables "
      f"that variant {sorted(train.tags)} lacks, so training can't save them: "
      f"{', '.join(lost[:5])}; set module.tags = {sorted(infer.tags)}."
    )
  return train, infer


@dataclasses.dataclass(frozen=True)
class PlacedModule:
  """A module in the current graph.

  Attributes:
    source: what it was made from.
    module: the `hub.Module`.
    tags: its variant.
    regularization_losses: scalars; only where it is trainable.
  """

  source: ModuleSource
  module: hub.Module
  tags: frozenset[str]
  regularization_losses: tuple[tf.Tensor, ...]

  @property
  def variables(self) -> list[tf.Variable]:
    return self.module.variables

  @property
  def trainable_variables(self) -> list[tf.Variable]:
    """Returns those that fine-tuning moves; none where it is frozen."""
    trainable = {id(v) for v in tf.trainable_variables()}
    return [v for v in self.variables if id(v) in trainable]

  def apply(
    self, inputs: Mapping[str, tf.Tensor]
  ) -> tuple[dict[str, tf.Tensor], list[tf.Operation]]:
    """Applies the signature.

    Args:
      inputs: tensors by the names that the signature gives its inputs.

    Returns:
      (outputs by name, the update ops of this application). `hub.Module` puts
      the update ops of *all* signatures into the collection; the ones of the
      others wait for a placeholder that nobody feeds, and are left out.
    """
    before = set(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
    outputs = self.module(
      dict(inputs), signature=self.source.signature, as_dict=True
    )
    added = [
      op
      for op in dict.fromkeys(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
      if op not in before
    ]
    fed = _unfed_placeholders(added)
    return outputs, [op for op in added if not fed[op]]


def place(info: ModuleInfo, source: ModuleSource, *, mode: str) -> PlacedModule:
  """Instantiates the variant for `mode` and registers it for export.

  Raises:
    UserError: there is no such variant, or it needs ops that this process
      doesn't have.
  """
  info.check_ops_registered()
  trainable = source.trainable and mode == estimator.ModeKeys.TRAIN
  before = len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
  tags = choose_tags(info, source, mode)
  module = hub.Module(
    info.spec, trainable=trainable, name=source.name, tags=set(tags)
  )
  if source.export_name is not None and mode == estimator.ModeKeys.PREDICT:
    hub.register_module_for_export(module, source.export_name)
  losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)[before:]
  unfed = _unfed_placeholders(losses)
  for loss in losses:
    if unfed[loss]:
      _log.warning(
        "Module %r: regularization loss %s needs the input %s, which nothing "
        "feeds; it is left out.",
        info.handle,
        loss.name,
        ", ".join(sorted(unfed[loss])),
      )
  return PlacedModule(
    source, module, tags, tuple(loss for loss in losses if not unfed[loss])
  )


def store_variables(
  info: ModuleInfo, source: ModuleSource, *, mode: str
) -> None:
  """Lets checkpoints hold a frozen module's variables, which the graph has not.

  They are read from the module when a checkpoint is written, by one op, so that
  evaluation, exports and other programs find in it what `place` would have put there.
  A variable for each costs a small run most of its time.

  Args:
    info: what the module offers; stored, not new. Its weights are those of the run.
    source: what the user asked for.
    mode: one of `tf.estimator.ModeKeys`.
  """
  variables = info.variant(choose_tags(info, source, mode)).variables
  if any("/part_" in name for name in variables):
    # Of parts, names in a checkpoint are others.
    place(info, source, mode=mode)
  elif variables:
    tf.add_to_collection(
      tf.GraphKeys.SAVEABLE_OBJECTS, _StoredVariables(info, source, variables)
    )


class _StoredVariables(SaveableObject):
  """A module's variables as they lie in its directory; nothing is restored."""

  def __init__(self, info: ModuleInfo, source: ModuleSource, variables):
    names = sorted(variables)
    values = tf.raw_ops.RestoreV2(
      prefix=os.path.join(info.path, "variables", "variables"),
      tensor_names=names,
      shape_and_slices=[""] * len(names),
      dtypes=[tf.as_dtype(variables[name].dtype) for name in names],
    )
    specs = [
      SaveSpec(value, "", f"{source.name}/{name}", dtype=value.dtype)
      for name, value in zip(names, values, strict=True)
    ]
    super().__init__(values[0].op, specs, source.name)

  def restore(self, restored_tensors, restored_shapes):
    del restored_tensors, restored_shapes
    return tf.no_op()


def has_own_weights(
  info: ModuleInfo,
  source: ModuleSource,
  checkpoint: str,
  *,
  taken: Collection[str],
) -> bool:
  """Returns whether a checkpoint holds a module's weights as the module does.

  Args:
    info: what the module offers.
    source: what the user asked for.
    checkpoint: of a model with the module.
    taken: names of the variables that count.
  """
  if info.path is None:
    return False
  variables = set().union(*(v.variables for v in info.variants.values()))
  if not variables:
    return True
  own = tf.train.load_checkpoint(
    os.path.join(info.path, "variables", "variables")
  )
  model = tf.train.load_checkpoint(checkpoint)
  for name in variables:
    if f"{source.name}/{name}" not in taken:
      continue
    stored = name
    if not own.has_tensor(name):  # Parts of one are stored as the whole.
      stored = name.rsplit("/part_", 1)[0]
    if model.has_tensor(f"{source.name}/{stored}") and not np.array_equal(
      model.get_tensor(f"{source.name}/{stored}"), own.get_tensor(stored)
    ):
      return False
  return True


def read_signature(
  info: ModuleInfo, name: str, *, tags: Sequence[str] = ()
) -> dict[str, np.ndarray]:
  """Returns the outputs of a signature without inputs, by name.

  Such signatures tell about a module: the path of a vocabulary, say. No variable
  is loaded.

  Args:
    info: what the module offers.
    name: of the signature.
    tags: of the variant.

  Raises:
    UserError: there is no such signature, or it takes inputs.
  """
  signature = info.signature(name, tags)
  if signature.inputs:
    raise UserError(
      f"Signature {name!r} of module {info.handle!r} takes inputs, "
      f"{', '.join(sorted(signature.inputs))}; only one without can be read."
    )
  info.check_ops_registered()
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(info.spec, tags=set(tags))
    outputs = module(signature=name, as_dict=True)
    session.run(tf.tables_initializer())
    try:
      values = session.run(outputs)
    except tf.errors.FailedPreconditionError as error:
      raise UserError(
        f"Signature {name!r} of module {info.handle!r} reads variables; only one "
        "that tells about the module can be read."
      ) from error
  return {key: np.asarray(value) for key, value in values.items()}


def _unfed_placeholders(roots: Iterable) -> dict:
  """Maps each tensor or op to the names of placeholders it depends on."""
  result = {}
  for root in roots:
    seen = set()
    names = set()
    todo = [root if isinstance(root, tf.Operation) else root.op]
    while todo:
      op = todo.pop()
      if op in seen:
        continue
      seen.add(op)
      if op.type in ("Placeholder", "PlaceholderV2"):
        names.add(op.name)
      todo.extend(tensor.op for tensor in op.inputs)
      todo.extend(op.control_inputs)
    result[root] = names
  return result
