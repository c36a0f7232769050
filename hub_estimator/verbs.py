"""The verbs of the command that need more than one room, as functions."""

import os
import pathlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator import config, linting, publishing, runs, sweeps
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment, to_gin
from hub_estimator.modules import ModuleInfo, NewModule, read_module_info
from hub_estimator.publishing import Publication
from hub_estimator.training import Checked

_MODELS = (".h5", ".hdf5", ".keras")


def check(
  experiment: Experiment, model_dir: str | os.PathLike[str] | None = None
) -> Checked:
  """Finds everything that would fail before step 1 of a run; changes nothing.

  Args:
    experiment: the run's definition.
    model_dir: where the run would be kept; None checks no directory.

  Returns:
    The modules' descriptions, the examples, and the shapes of the variables.

  Raises:
    UserError: something doesn't fit; the message says what came, where, and what
      exists.
  """
  if model_dir is not None:
    return runs.check_run(experiment, model_dir)
  runs.check_devices(experiment)
  with runs.reporting_value_errors():
    return runs.check(experiment)


def make_model_fn(experiment: Experiment) -> Any:
  """Returns a run's `model_fn` for an Estimator of your own.

  Args:
    experiment: the run's definition.

  Raises:
    UserError: a module, its signature, output or variants don't fit.
  """
  _, model_fn = runs.make_model(experiment)
  return model_fn


def inspect(handle: str | NewModule) -> ModuleInfo:
  """Returns what a module offers: variants, signatures, shapes and variables.

  Loads no variable, so that a large module answers as fast as its files are read.

  Args:
    handle: a directory, archive, URL, bucket, short name or model_dir; or a
      `NewModule`.

  Raises:
    UserError: there is no such module, or it is damaged.
  """
  return read_module_info(handle)


def lint(module: str | NewModule | ModuleInfo) -> list[linting.Finding]:
  """Checks a module against the guidance for publishers, and returns the findings.

  Args:
    module: a handle, or what `inspect` returned for it.

  Raises:
    UserError: there is no such module, or it is damaged.
  """
  if not isinstance(module, ModuleInfo):
    module = read_module_info(module)
  return linting.lint(module)


def publish(
  path: str | os.PathLike[str],
  source: str | NewModule | Publication,
  *,
  documentation: str | None = None,
  **options: Any,
) -> ModuleInfo:
  """Publishes a TF1 Hub module, and returns its description.

  Args:
    path: a directory that doesn't exist yet; it is written whole or not at all.
    source: a file of word vectors (word2vec's text, GloVe, or .npy with the option
      `vocabulary`); a `NewModule`, or a `Publication` of one with a checkpoint; a
      SavedModel by its handle, or a Keras 2 file (.h5, .hdf5, .keras).
    documentation: a Markdown file to attach.
    **options: of word vectors: vocabulary, max_words, bad_rows, combiner, oov_buckets,
      lowercase, l2.

  Raises:
    UserError: `path` exists, or the source can't become a module.
  """
  path = os.fspath(path)
  if isinstance(source, NewModule):
    source = Publication(source)
  is_vectors = (
    isinstance(source, str)
    and not source.endswith(_MODELS)
    and os.path.isfile(os.path.expanduser(source))
  )
  if options and not is_vectors:
    raise UserError(
      f"publish takes {', '.join(options)} for a file of word vectors alone, and "
      f"got {source!r}."
    )
  if isinstance(source, Publication):
    publishing.module_fn.publish(path, source, documentation=documentation)
  elif is_vectors:
    publishing.text.publish_file(
      path, source, documentation=documentation, **options
    )
  else:
    publishing.saved_model.publish(path, source, documentation=documentation)
  return read_module_info(path)


def sweep(
  base: Experiment | str | os.PathLike[str],
  sweep_dir: str | os.PathLike[str],
  *,
  space: Mapping[str, Any] | None = None,
  bindings: Sequence[str] = (),
  workers: int = 1,
  storage: str | None = None,
  **settings: Any,
) -> sweeps.Outcome:
  """Runs a sweep, or continues it, and returns its ranking and its winner.

  Each worker is a process of its own. gin's state is cleared at the end.

  Args:
    base: the run that varies: an `Experiment`, or the path or shipped name of a gin
      file, which may be a sweep's.
    sweep_dir: directory of the trials, the leaderboard and the winner.
    space: what varies, by gin binding, such as
      {"optimizers.adam.learning_rate": ("log", 1e-4, 1e-1)}; see `Sweep`. None takes
      that of the gin file.
    bindings: further gin bindings, such as "MAX_STEPS = 100".
    workers: trials that run at the same time.
    storage: URL of a database that other machines share; None keeps a file in
      sweep_dir.
    **settings: further fields of `Sweep`, such as goals, strategy and max_trials.

  Raises:
    UserError: the config is invalid, or sweep_dir belongs to another sweep.
    RunFailed: workers die before any trial ends.
  """
  if space is not None:
    settings["space"] = dict(space)
  chosen = [f"sweep.{name} = {value!r}" for name, value in settings.items()]
  with tempfile.TemporaryDirectory() as scratch:
    if isinstance(base, Experiment):
      file = pathlib.Path(scratch) / "base.gin"
      file.write_text(to_gin(base), encoding="utf-8")
      base = file
    config.parse([os.fspath(base)], [*bindings, *chosen])
  try:
    return sweeps.run_sweep(
      os.fspath(sweep_dir), workers=workers, storage=storage
    )
  finally:
    config.clear()
