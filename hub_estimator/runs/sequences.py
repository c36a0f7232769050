"""Lists of different lengths, fitted to the modules that read them."""

import dataclasses
import logging
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hub_estimator import heads, inputs
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.modules import ModuleInfo, TensorInfo
from hub_estimator.preprocessing import adapters
from hub_estimator.runs import token_lists

_log = logging.getLogger(__name__)
# What a tokenizer reads of words.
_WORDS = adapters.Sequence(
  "words", TensorInfo("string", (None, None)), is_open=True
)


def fit_examples(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  parts: Sequence[inputs.Examples],
) -> list[inputs.Examples]:
  """Returns examples whose lists are padded as the modules take them.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    parts: of the run. If lists are longer in one than in another, those of all may
      have any length.

  Raises:
    UserError: lists differ in length, and the module takes only one, or can't
      tell numbers from padding.
  """
  for read in _readings(experiment, infos, parts[0].features):
    for part in parts:
      token_lists.check(part, read)
  columns = [dict(part.features) for part in parts]
  fitted = False
  for name, takers in _takers(experiment, infos, columns[0]).items():
    found = [c[name] for c in columns if name in c]
    shapes = {inputs.spec_of(column).shape for column in found}
    # Single values beside lists are reported with all features, too.
    is_open = len(shapes) > 1 and len({shape[1:] for shape in shapes}) == 1
    is_open = is_open and () not in shapes
    is_sparse = any(taker.is_sparse for taker in takers)
    is_ragged = is_open or inputs.spec_of(found[0]).is_ragged
    if is_ragged and not _takes_any_length(takers):
      # What differs between parts is reported with all of their features.
      _check_lengths(name, parts, takers)
      continue
    if is_sparse or is_open:
      fitted = True
      for column in columns:
        if name in column:
          column[name] = inputs.Lists(
            column[name], open=is_ragged, sparse=is_sparse
          )
  if not fitted:
    return list(parts)
  return [
    dataclasses.replace(part, features=features)
    for part, features in zip(parts, columns, strict=True)
  ]


def open_specs(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> dict[str, inputs.FeatureSpec]:
  """Returns the types of features, tokens among them of any length.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    specs: that the run was trained on.
  """
  opened = dict(specs)
  for name, takers in _takers(experiment, infos, specs).items():
    if specs[name].shape and _takes_any_length(takers):
      opened[name] = specs[name].open()
  return opened


def check_label_lengths(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  examples: inputs.Examples,
) -> None:
  """Raises a UserError if labels of tokens don't fit the number of tokens.

  Args:
    experiment: the run's definition; only heads that read tokens are checked.
    infos: of its modules, by `module.name`.
    examples: with labels as the head's graph reads them.
  """
  if not heads.reads_tokens(experiment.head):
    return
  for name in _takers(experiment, infos, examples.features):
    column = examples.features[name]
    if len(column.shape) < 2:
      continue  # Such as the number of tokens.
    lengths = inputs.lengths_of(column)
    try:
      heads.check_lengths(experiment.head, examples.labels, lengths, name)
    except UserError as error:
      raise UserError(f"{examples.source}: {error}") from error


def log_padding(parts: Sequence[inputs.Examples]) -> None:
  """Logs which features are padded.

  Args:
    parts: of the run.
  """
  for part in parts:
    for name, spec in part.specs().items():
      if spec.is_ragged:
        lengths = inputs.lengths_of(part.features[name])
        _log.info(
          "%s: %r holds %d to %d values an example; each batch is padded with %r "
          "to its longest.",
          part.source,
          name,
          lengths.min(),
          lengths.max(),
          "" if spec.dtype == "string" else spec.padding,
        )


def _takers(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  features: Mapping[str, object],
) -> dict[str, list[adapters.Sequence]]:
  """Returns what reads each feature that may hold lists of tokens.

  That is a module's input, or a tokenizer of words.
  """
  takers: dict[str, list[adapters.Sequence]] = {}
  for read in _readings(experiment, infos, features):
    for name, taker in read.items():
      takers.setdefault(name, []).append(taker)
  return takers


def _readings(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  features: Mapping[str, object],
) -> Iterator[dict[str, adapters.Sequence]]:
  """Yields which inputs read features, for each application of a module."""
  weights = heads.weight_columns(experiment.head)
  given = {n: f for n, f in features.items() if n not in weights}
  features = dict(given)
  for application in experiment.applications():
    info = infos[application.module.name]
    application = application.fitted(features, info)
    adapter = application.adapter
    if adapter.tokenizer is None:
      signature = application.signature_of(info)
      seen = application.select(features)
      found = adapters.find_sequences(adapter, signature, seen)
      yield {
        name: dataclasses.replace(
          taker, is_open=taker.is_open and adapter.pooling != "flatten"
        )
        for name, taker in found.items()
        if name in given
      }
    elif heads.reads_tokens(experiment.head):
      # Before the words there may be a text.
      words = adapter.tokenizer.strings(application.select(features))[-1]
      yield {words: _WORDS}
    features |= application.features_made(info)


def _takes_any_length(takers: Sequence[adapters.Sequence]) -> bool:
  """Returns whether all takers do, and agree about padding."""
  return (
    all(taker.is_open for taker in takers)
    and len({taker.is_sparse for taker in takers}) == 1
  )


def _check_lengths(
  name: str,
  parts: Sequence[inputs.Examples],
  takers: Sequence[adapters.Sequence],
) -> None:
  """Refuses lists of different lengths in one of the parts."""
  for part in parts:
    column = part.features.get(name)
    if column is None or not inputs.spec_of(column).is_ragged:
      continue
    lengths = inputs.lengths_of(column)
    other = int(np.flatnonzero(lengths != lengths[0])[0])
    raise UserError(
      f"{part.source}: {name!r} has {lengths[0]} values in example 0 and "
      f"{lengths[other]} in example {other}, and the module's input "
      f"{takers[0].name!r} ({takers[0].tensor}) takes rows of one length."
    )
