"""Stand-ins for the modules that TensorFlow 2.16 and later lack.

Estimator imports them; plain Estimators, which this library uses, need little
of their contents. Any module that TensorFlow does have wins over its stand-in.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Contents = Mapping[str, Any]


def install() -> None:
  """Makes the stand-ins importable, beginning with the next import."""
  sys.meta_path.insert(0, StandInFinder(_UNUSABLE))
  sys.meta_path.append(StandInFinder(_ABSENT))


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
  """Finds modules in a table of functions that return their contents."""

  def __init__(self, table: Mapping[str, Callable[[], Contents]]):
    self._table = table

  def find_spec(
    self,
    fullname: str,
    path: Sequence[str] | None = None,
    target: types.ModuleType | None = None,
  ) -> importlib.machinery.ModuleSpec | None:
    del path, target
    if fullname in self._table:
      return importlib.machinery.ModuleSpec(
        fullname, self, origin="hub_estimator.tensorflow_runtime"
      )
    return None

  def exec_module(self, module: types.ModuleType) -> None:
    vars(module).update(self._table[module.__name__]())


def _estimator_training() -> Contents:
  """Returns `tensorflow.python.distribute.estimator_training` for Estimators."""

  def should_run_distribute_coordinator(config: Any) -> bool:
    del config
    return False

  def init_run_config(config: Any, tf_config: Any) -> None:
    del tf_config
    experimental = config._experimental_distribute
    if (
      config._train_distribute
      or config._eval_distribute
      or (experimental is not None and any(experimental))
    ):
      raise ValueError(
        "RunConfig: distribution strategies can't hold a hub.Module; train "
        "with a TF_CONFIG cluster of chief, worker and ps instead."
      )
    config._distribute_coordinator_mode = None

  return {
    "should_run_distribute_coordinator": should_run_distribute_coordinator,
    "init_run_config": init_run_config,
  }


class _Absent:
  """Takes the place of TPU support; only its use is an error."""

  def __init__(self, *unused_args: Any, **unused_kwargs: Any):
    raise NotImplementedError(
      "TPU embeddings are not part of this TensorFlow; TPUEstimator needs 2.15."
    )


def _tpu_embedding() -> Contents:
  parameters = (
    "AdagradParameters AdamParameters FtrlParameters MomentumParameters "
    "ProximalAdagradParameters RMSPropParameters "
    "StochasticGradientDescentParameters"
  )
  return {name: type(name, (_Absent,), {}) for name in parameters.split()} | {
    "TPUEmbedding": _Absent
  }


def _estimator_export() -> Contents:
  """Returns Estimator's export decorator without the removed API registry."""

  class estimator_export:  # Has the name of the class that it replaces.
    def __init__(self, *names: str, v1: Sequence[str] | None = None):
      del names, v1

    def __call__(self, symbol: Any) -> Any:
      return symbol

    def export_constant(self, module_name: str, name: str) -> None:
      del module_name, name

  return {"estimator_export": estimator_export}


_ABSENT: Mapping[str, Callable[[], Contents]] = {
  "tensorflow.python.distribute.estimator_training": _estimator_training,
  "tensorflow.python.tpu.tpu_embedding": _tpu_embedding,
  "tensorflow.python.tpu.tpu_embedding_gradient": dict,
  "tensorflow.python.tpu.session_support": dict,
}
# Present, but it uses a registry that 2.16 removed.
_UNUSABLE: Mapping[str, Callable[[], Contents]] = {
  "tensorflow_estimator.python.estimator.estimator_export": _estimator_export,
}
