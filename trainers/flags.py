"""Flags that several verbs share, and the values that they name."""

import argparse
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
  from hub_estimator.experiments import Experiment


def add_gin_arguments(
  parser: argparse.ArgumentParser, *, required: bool
) -> None:
  """Adds the flags for gin files and bindings."""
  parser.add_argument(
    "--gin_file",
    "--gin_config",
    action="append",
    default=[],
    required=required,
    metavar="FILE",
    help="a gin file: your own by path, or a shipped one by name, such as "
    "runs/quickstart.gin; can be repeated",
  )
  add_gin_param_argument(parser)
  add_safe_argument(parser)


def add_gin_param_argument(parser: argparse.ArgumentParser) -> None:
  """Adds the flag for single bindings."""
  parser.add_argument(
    "--gin_param",
    "--gin_bindings",
    action="append",
    default=[],
    metavar="BINDING",
    help="one binding, such as 'MAX_STEPS = 100'; can be repeated, and overrides "
    "the files",
  )


def add_safe_argument(parser: argparse.ArgumentParser) -> None:
  """Adds the flag for configs from strangers."""
  parser.add_argument(
    "--safe",
    action="store_true",
    help="refuse configs that import Python code of their own; see SECURITY.md",
  )


def add_handle_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the gin flags that set how handles are resolved."""
  parser.add_argument(
    "--gin_file",
    "--gin_config",
    action="append",
    default=[],
    metavar="FILE",
    help="a gin file that binds handles.names, handles.mirrors, "
    "handles.offline and so on, or imports a package that registers a module's "
    "ops; can be repeated. HUB_ESTIMATOR_GIN names such a file for all commands",
  )
  add_gin_param_argument(parser)
  add_safe_argument(parser)


def read_handles(args: argparse.Namespace) -> None:
  """Imports TensorFlow and parses the gin files and bindings for handles."""
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  from hub_estimator import config

  if args.gin_file or args.gin_param or config.site_files():
    import hub_estimator.experiments  # The file may be a run's, or a sweep's.
    import hub_estimator.sweeps  # noqa: F401

    config.parse(args.gin_file, args.gin_param)
    config.require_read("run", "sweep", "publish", "adapter")
  else:
    config.clear()


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the flags of verbs that work on an existing run."""
  parser.add_argument(
    "--model_dir",
    required=True,
    metavar="D",
    help="the directory of a trained run",
  )
  parser.add_argument(
    "--checkpoint",
    metavar="C",
    help="a step, a name such as model.ckpt-500, or a path (default: the last)",
  )
  add_safe_argument(parser)


def read_experiment(
  gin_files: Sequence[str], gin_params: Sequence[str]
) -> "Experiment":
  """Returns the `Experiment` that gin files and bindings name."""
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  import hub_estimator.sweeps  # noqa: F401  A sweep's file is a run's, too.
  from hub_estimator import config
  from hub_estimator.experiments import Experiment

  config.parse(gin_files, gin_params)
  config.require_read("run", "sweep")
  experiment = config.build("run")
  assert isinstance(experiment, Experiment)
  return experiment


def read_run(args: argparse.Namespace) -> "Experiment":
  """Returns the experiment of `args.model_dir`.

  Relative paths in a run's config are relative to the directory in which the run
  was started, so this process changes to that directory. Paths in `args` are made
  absolute first.
  """
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  from hub_estimator.model_dir import open_run

  args.model_dir = os.path.abspath(os.path.expanduser(args.model_dir))
  run, manifest = open_run(args.model_dir)
  started_in = manifest.get("working_dir", "")
  if os.path.isdir(started_in):
    os.chdir(started_in)
  return read_experiment([str(run.config)], getattr(args, "gin_param", []))


def print_json(value: Any) -> None:
  """Prints a JSON object to standard output."""
  print(json.dumps(value, indent=2))
