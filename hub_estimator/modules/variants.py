"""The variant of a module for each mode, chosen by tags."""

import logging

from hub_estimator.errors import UserError
from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.source import ModuleSource
from hub_estimator.modules.variant_info import VariantInfo
from hub_estimator.tensorflow_runtime import estimator

TRAIN_TAG = "train"
_log = logging.getLogger(__name__)


def choose_tags(
  info: ModuleInfo, source: ModuleSource, mode: str
) -> frozenset[str]:
  """Returns the tags of the variant for a mode.

  Args:
    info: the module's description.
    source: the user's choice.
    mode: one of `tf.estimator.ModeKeys`.

  Raises:
    UserError: the chosen variant doesn't exist, or a frozen module would run in
      its training variant, where batch norm uses batch statistics and no update
      op runs.
  """
  inference = info.variant(source.inference_tags).tags
  if mode != estimator.ModeKeys.TRAIN:
    return inference
  if source.tags is not None:
    chosen = info.variant(source.tags).tags
    if TRAIN_TAG in chosen and not source.trainable:
      raise UserError(
        f"Module {info.handle!r} is frozen, but module.tags asks for its "
        f"training variant {sorted(chosen)}; set module.trainable = True or "
        "remove module.tags."
      )
    return chosen
  if not source.trainable:
    return inference
  return _training_tags(info, inference)


def _training_tags(
  info: ModuleInfo, inference: frozenset[str]
) -> frozenset[str]:
  """Returns the tags of the training variant, or `inference` if it has none."""
  candidates = [tags for tags in info.variants if TRAIN_TAG in tags]
  for wanted in (inference | {TRAIN_TAG}, frozenset({TRAIN_TAG})):
    if wanted in candidates:
      return wanted
  if len(candidates) > 1:
    raise UserError(
      f"Module {info.handle!r} has several training variants; name one with "
      f"module.tags: {info.tags_text()}."
    )
  return candidates[0] if candidates else inference


def log_variant(info: ModuleInfo, source: ModuleSource) -> None:
  """Logs a warning if a trainable module has no training variant.

  Most text modules have none. In a module with batch norm or dropout, both then
  stay in inference mode.
  """
  if source.tags is None and source.trainable:
    tags = choose_tags(info, source, estimator.ModeKeys.TRAIN)
    if TRAIN_TAG not in tags:
      _log.warning(
        "Module %r has no variant with the tag 'train'; fine-tuning uses its "
        "variant %s.",
        info.handle,
        sorted(tags),
      )


def check_variants_agree(
  info: ModuleInfo, source: ModuleSource
) -> tuple[VariantInfo, VariantInfo]:
  """Returns the variants for training and for inference.

  Raises:
    UserError: inference needs a variable that the training variant lacks, so no
      checkpoint would contain it.
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
