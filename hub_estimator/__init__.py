"""Fine-tune, compare and re-export TF1 Hub modules with tf.estimator.

    import hub_estimator as he

    experiment = he.Experiment.for_module(
      "/modules/enlite0",
      head=he.heads.multi_class(10),
      train_input=he.inputs.npz("train.npz"),
      eval_input=he.inputs.npz("eval.npz"),
    )
    result = he.train(experiment, "runs/first")

Names are imported when they are first used, so that `import hub_estimator` is fast and
imports no TensorFlow. `__all__` lists what stays stable between versions.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
  from hub_estimator import (
    heads,
    inputs,
    optimizers,
    progress,
    tensorflow_runtime,
  )
  from hub_estimator.converting import convert
  from hub_estimator.errors import RunFailed, UserError
  from hub_estimator.experiments import (
    EarlyStopping,
    Experiment,
    protocols,
    to_gin,
  )
  from hub_estimator.exporting import Exports, exporters
  from hub_estimator.model import columns, encoders, metrics, models, tops
  from hub_estimator.model.encoders import Encoder
  from hub_estimator.model_dir import Result, Version
  from hub_estimator.modules import ModuleInfo, NewModule
  from hub_estimator.modules import ModuleSource as Module
  from hub_estimator.optimizers import FineTuning, schedules
  from hub_estimator.pages import write_run_page
  from hub_estimator.preprocessing import Adapter, augmentations, tokenizers
  from hub_estimator.publishing import Publication
  from hub_estimator.runs import (
    Predictions,
    Run,
    apply,
    evaluate,
    export,
    make_estimator,
    predict,
    read_run,
    train,
  )
  from hub_estimator.serving import ModelServer
  from hub_estimator.sweeps import Outcome, Sweep
  from hub_estimator.training import Preempted, Preemption
  from hub_estimator.verbs import (
    check,
    inspect,
    lint,
    make_model_fn,
    publish,
    sweep,
  )

  __version__: str

# Where each name is defined, below this package.
_NAMES = {
  # Nouns.
  "Adapter": "preprocessing.Adapter",
  "EarlyStopping": "experiments.EarlyStopping",
  "Encoder": "model.encoders.Encoder",
  "Experiment": "experiments.Experiment",
  "Exports": "exporting.Exports",
  "FineTuning": "optimizers.FineTuning",
  "ModelServer": "serving.ModelServer",
  "Module": "modules.ModuleSource",
  "ModuleInfo": "modules.ModuleInfo",
  "NewModule": "modules.NewModule",
  "Outcome": "sweeps.Outcome",
  "Predictions": "runs.Predictions",
  "Preempted": "training.Preempted",
  "Preemption": "training.Preemption",
  "Publication": "publishing.Publication",
  "Result": "model_dir.Result",
  "Run": "runs.Run",
  "RunFailed": "errors.RunFailed",
  "Sweep": "sweeps.Sweep",
  "UserError": "errors.UserError",
  "Version": "model_dir.Version",
  # Verbs.
  "apply": "runs.apply",
  "check": "verbs.check",
  "convert": "converting.convert",
  "evaluate": "runs.evaluate",
  "export": "runs.export",
  "inspect": "verbs.inspect",
  "lint": "verbs.lint",
  "make_estimator": "runs.make_estimator",
  "make_model_fn": "verbs.make_model_fn",
  "predict": "runs.predict",
  "publish": "verbs.publish",
  "read_run": "runs.read_run",
  "sweep": "verbs.sweep",
  "to_gin": "experiments.to_gin",
  "train": "runs.train",
  "write_run_page": "pages.write_run_page",
}
# Namespaces of parts, by the names that gin files use, and the ground.
_MODULES = {
  "augmentations": "preprocessing.augmentations",
  "columns": "model.columns",
  "encoders": "model.encoders",
  "exporters": "exporting.exporters",
  "heads": "heads",
  "inputs": "inputs",
  "metrics": "model.metrics",
  "models": "model.models",
  "optimizers": "optimizers",
  "progress": "progress",
  "protocols": "experiments.protocols",
  "schedules": "optimizers.schedules",
  "tensorflow_runtime": "tensorflow_runtime",
  "tokenizers": "preprocessing.tokenizers",
  "tops": "model.tops",
}

__all__ = [
  "Adapter",
  "EarlyStopping",
  "Encoder",
  "Experiment",
  "Exports",
  "FineTuning",
  "ModelServer",
  "Module",
  "ModuleInfo",
  "NewModule",
  "Outcome",
  "Predictions",
  "Preempted",
  "Preemption",
  "Publication",
  "Result",
  "Run",
  "RunFailed",
  "Sweep",
  "UserError",
  "Version",
  "__version__",
  "apply",
  "augmentations",
  "check",
  "columns",
  "convert",
  "encoders",
  "evaluate",
  "export",
  "exporters",
  "heads",
  "inputs",
  "inspect",
  "lint",
  "make_estimator",
  "make_model_fn",
  "metrics",
  "models",
  "optimizers",
  "predict",
  "progress",
  "protocols",
  "publish",
  "read_run",
  "schedules",
  "sweep",
  "tensorflow_runtime",
  "to_gin",
  "tokenizers",
  "tops",
  "train",
  "write_run_page",
]


def __getattr__(name: str) -> Any:
  if name == "__version__":
    from importlib import metadata

    value: Any = metadata.version("hub-estimator")
  elif name in _MODULES:
    value = importlib.import_module(f"{__name__}.{_MODULES[name]}")
  elif name in _NAMES:
    module, _, known_as = _NAMES[name].rpartition(".")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), known_as)
  else:
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
  globals()[name] = value
  return value


def __dir__() -> list[str]:
  return __all__
