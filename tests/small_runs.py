"""Small runs that several tests make."""

import dataclasses
import hashlib
import pathlib

from hub_estimator import exporting, heads, inputs, modules, optimizers
from hub_estimator.experiments import Experiment
from hub_estimator.model import encoders
from hub_estimator.preprocessing import adapters

# A run as text, of a `module` and a file of `data`; more bindings come behind it.
GIN = """
include "base.gin"
HANDLE = {module!r}
HEAD = @heads.binary()
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = {data!r}
inputs.npz.features = ["x"]
"""


def make_experiment(handle: str, data: str, **changes) -> Experiment:
  """Returns a run of 20 steps on `x` of an npz file, or on a csv file."""
  module = {
    k.removeprefix("module_"): changes.pop(k)
    for k in list(changes)
    if k.startswith("module_")
  }
  source = (
    inputs.Csv(data)
    if data.endswith(".csv")
    else inputs.Npz(data, features=["x"], label=changes.pop("label", "label"))
  )
  fields = {
    "encoder": encoders.Encoder(
      modules.ModuleSource(**{"handle": handle, **module}),
      changes.pop("adapter", adapters.Adapter()),
    ),
    "head": heads.Binary(),
    "optimizer": optimizers.Adam(0.05),
    "train_input": source,
    "eval_input": source,
    "exports": exporting.Exports(kinds=[]),
    "max_steps": 20,
    "batch_size": 16,
    "eval_every_steps": 10,
    "summary_every_steps": 5,
  }
  return Experiment(**{**fields, **changes})


def make_regression(handle: str, data: str, **changes) -> Experiment:
  """Returns such a run on the numbers `y`, for tests in which the head doesn't matter.

  The metrics of a classifier take longer to build than all else in a small run.
  """
  head = {"head": heads.Regression(), "label": "y"}
  return make_experiment(handle, data, **{**head, **changes})


def replace(experiment: Experiment, **changes) -> Experiment:
  return dataclasses.replace(experiment, **changes)


def tree_digest(path) -> str:
  """Returns a digest of all files below a directory."""
  root = pathlib.Path(path)
  digest = hashlib.sha256()
  for file in sorted(p for p in root.rglob("*") if p.is_file()):
    digest.update(str(file.relative_to(root)).encode() + file.read_bytes())
  return digest.hexdigest()
