"""The one file that knows which TensorFlow this is.

`tensorflow-estimator` 2.15.0 and `tensorflow-hub` 0.15.0 are the last releases
of Estimator and of `hub.Module`. TensorFlow 2.15 still carries what they
import; from 2.16 on a few pieces are gone. Importing this module makes both
work on every supported TensorFlow:

  * modules that are absent from `tensorflow.python` are served by a finder at
    the *end* of `sys.meta_path`, so that a real one always wins;
  * `pkg_resources` and `distutils`, where Python lacks them, are seen by
    `tensorflow_hub` and `gin.tf` alone: those two modules are executed with an
    `__import__` of their own, and no other code can find the stand-ins;
  * Keras 2 (`tf_keras`), which Estimator's heads take their metrics from, is
    chosen before TensorFlow is imported.

No file or attribute of `tensorflow.python` is changed. Everything else in this
package gets TensorFlow, Estimator and Hub from here:

    from hub_estimator.tensorflow_runtime import estimator, hub, tf

`tf` is `tensorflow.compat.v1`, `estimator` is `tf.estimator` with the version 2
heads, and `hub` is `tensorflow_hub`.
"""

import builtins
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import logging
import os
import sys
import types

OLDEST = (2, 15)
NEWEST = (2, 21)
EXCLUDED = {(2, 20): "it needs protobuf<7, which nothing newer agrees with"}


class UnsupportedTensorFlowError(ImportError):
  """This TensorFlow can't run Estimator and TF1 Hub modules."""


def installed_version() -> str:
  """Returns TensorFlow's version without importing it.

  Raises:
    UnsupportedTensorFlowError: no TensorFlow is installed.
  """
  for package in ("tensorflow", "tensorflow-cpu", "tf-nightly"):
    try:
      return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
      continue
  raise UnsupportedTensorFlowError(
    "TensorFlow isn't installed; hub_estimator needs 2.15.1 or 2.16 to 2.21 "
    "(not 2.20): pip install 'tensorflow==2.21.*'."
  )


def check_version(version: str) -> tuple[int, int]:
  """Returns (major, minor) of a supported TensorFlow version.

  Raises:
    UnsupportedTensorFlowError: `version` is outside of what is supported.
  """
  major, minor = (int(part) for part in version.split(".")[:2])
  if not OLDEST <= (major, minor) <= NEWEST or (major, minor) in EXCLUDED:
    why = EXCLUDED.get((major, minor))
    raise UnsupportedTensorFlowError(
      f"TensorFlow {version} isn't supported{f' ({why})' if why else ''}; "
      "hub_estimator works with 2.15.1 and with 2.16 to 2.21 (not 2.20): "
      "pip install 'tensorflow==2.21.*'."
    )
  return major, minor


# --- Stand-ins for what newer TensorFlows lack -------------------------------


def _estimator_training() -> dict:
  """`tensorflow.python.distribute.estimator_training` for plain Estimators."""

  def should_run_distribute_coordinator(config) -> bool:
    del config
    return False

  def init_run_config(config, tf_config) -> None:
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
  """Stands where TPU support was; only its use is an error."""

  def __init__(self, *unused_args, **unused_kwargs):
    raise NotImplementedError(
      "TPU embeddings are not part of this TensorFlow; TPUEstimator needs 2.15."
    )


def _tpu_embedding() -> dict:
  parameters = (
    "AdagradParameters AdamParameters FtrlParameters MomentumParameters "
    "ProximalAdagradParameters RMSPropParameters "
    "StochasticGradientDescentParameters"
  )
  return {name: type(name, (_Absent,), {}) for name in parameters.split()} | {
    "TPUEmbedding": _Absent
  }


def _estimator_export() -> dict:
  """Estimator's export decorator, without the API registry that is gone."""

  class estimator_export:  # Named as the class it replaces.
    def __init__(self, *names, v1=None):
      del names, v1

    def __call__(self, symbol):
      return symbol

    def export_constant(self, module_name, name):
      del module_name, name

  return {"estimator_export": estimator_export}


_ABSENT_FROM_NEW_TENSORFLOW = {
  "tensorflow.python.distribute.estimator_training": _estimator_training,
  "tensorflow.python.tpu.tpu_embedding": _tpu_embedding,
  "tensorflow.python.tpu.tpu_embedding_gradient": dict,
  "tensorflow.python.tpu.session_support": dict,
}
# Present, but written against a registry that 2.16 removed.
_UNUSABLE_ON_NEW_TENSORFLOW = {
  "tensorflow_estimator.python.estimator.estimator_export": _estimator_export,
}


class _StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
  """Finds modules in a table of functions that return their contents."""

  def __init__(self, table):
    self._table = table

  def find_spec(self, fullname, path=None, target=None):
    del path, target
    if fullname in self._table:
      return importlib.machinery.ModuleSpec(
        fullname, self, origin="hub_estimator.tensorflow_runtime"
      )
    return None

  def exec_module(self, module):
    vars(module).update(self._table[module.__name__]())


# --- Stand-ins that only one importer sees -----------------------------------


def _pkg_resources() -> types.ModuleType:
  module = types.ModuleType("pkg_resources")
  module.parse_version = _numeric_version
  return module


def _distutils() -> types.ModuleType:
  module = types.ModuleType("distutils")
  module.version = types.ModuleType("distutils.version")
  module.version.LooseVersion = _numeric_version
  return module


def _numeric_version(version: str) -> tuple[int, ...]:
  parts = []
  for part in version.split("."):
    digits = part[: len(part) - len(part.lstrip("0123456789"))]
    if not digits:
      break
    parts.append(int(digits))
  return tuple(parts)


_SEEN_BY_ONE_IMPORTER = {
  "tensorflow_hub": ("pkg_resources", _pkg_resources),
  "gin.tf": ("distutils", _distutils),
}


class _PrivateImportFinder(importlib.abc.MetaPathFinder):
  """Lets an importer find one absent module that nobody else can find."""

  def find_spec(self, fullname, path=None, target=None):
    if fullname not in _SEEN_BY_ONE_IMPORTER:
      return None
    absent, make = _SEEN_BY_ONE_IMPORTER[fullname]
    if importlib.util.find_spec(absent) is not None:
      return None
    for finder in sys.meta_path:
      if finder is self:
        continue
      spec = finder.find_spec(fullname, path, target)
      if spec is not None:
        spec.loader = _PrivateImportLoader(spec.loader, absent, make())
        return spec
    return None


class _PrivateImportLoader(importlib.abc.Loader):
  """Runs a module's own code with an `__import__` that knows a stand-in."""

  def __init__(self, loader, name, stand_in):
    self._loader = loader
    self._name = name
    self._stand_in = stand_in

  def __getattr__(self, name):
    return getattr(self._loader, name)

  def create_module(self, spec):
    return self._loader.create_module(spec)

  def exec_module(self, module):
    def import_(name, *args, **kwargs):
      if name == self._name or name.startswith(self._name + "."):
        return self._stand_in
      return builtins.__import__(name, *args, **kwargs)

    # Code run with these globals, and functions made there, look here.
    module.__builtins__ = {**vars(builtins), "__import__": import_}
    self._loader.exec_module(module)


# --- Putting it together -----------------------------------------------------


class _DeprecationFilter(logging.Filter):
  """Drops the advice to leave what this package exists for."""

  def filter(self, record):
    message = str(record.msg)
    return not (
      "is deprecated and will be removed" in message
      or "Use tf.keras instead" in message
    )


def _prepare(version: tuple[int, int]) -> None:
  sys.meta_path.insert(0, _PrivateImportFinder())
  if version == OLDEST:
    return
  if os.environ.get("TF_USE_LEGACY_KERAS") not in ("1", "true", "True"):
    keras = sys.modules.get("keras")
    if "tensorflow" in sys.modules and keras is not None:
      raise UnsupportedTensorFlowError(
        "TensorFlow was imported with Keras 3 before hub_estimator, and "
        "Estimator's heads need Keras 2: import hub_estimator first, or set "
        "TF_USE_LEGACY_KERAS=1."
      )
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
  if importlib.util.find_spec("tf_keras") is None:
    major, minor = version
    raise UnsupportedTensorFlowError(
      f"TensorFlow {major}.{minor} needs Keras 2 for Estimator's heads: "
      f"pip install 'tf-keras=={major}.{minor}.*'."
    )
  sys.meta_path.insert(0, _StandInFinder(_UNUSABLE_ON_NEW_TENSORFLOW))
  sys.meta_path.append(_StandInFinder(_ABSENT_FROM_NEW_TENSORFLOW))


def _publish_estimator(tensorflow) -> None:
  """Puts Estimator where `tensorflow_hub` and `gin.tf` look for it."""
  from tensorflow_estimator._api.v1 import estimator as v1
  from tensorflow_estimator._api.v2 import estimator as v2

  for api, package in (
    (v2, tensorflow),
    (v1, tensorflow.compat.v1),
    (v2, tensorflow.compat.v2),
  ):
    package.estimator = api
    sys.modules.setdefault(f"{package.__name__}.estimator", api)
  for name in ("tensorflow.compat.v1", "tensorflow.compat.v2"):
    sys.modules.setdefault(f"{name}.estimator", v1 if name[-1] == "1" else v2)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
TENSORFLOW_VERSION = check_version(installed_version())
_prepare(TENSORFLOW_VERSION)

import tensorflow  # noqa: E402

logging.getLogger("tensorflow").addFilter(_DeprecationFilter())
if TENSORFLOW_VERSION > OLDEST:
  _publish_estimator(tensorflow)

import tensorflow_hub as hub  # noqa: E402
from tensorflow.python.framework import op_def_registry  # noqa: E402
from tensorflow.python.framework.function_def_to_graph import (  # noqa: E402
  function_def_to_graph_def,
)
from tensorflow.python.training.saving.saveable_object import (  # noqa: E402
  SaveableObject,
  SaveSpec,
)
from tensorflow_estimator._api.v2 import estimator  # noqa: E402
from tensorflow_estimator.python.estimator.early_stopping import (  # noqa: E402
  read_eval_metrics,
)
from tensorflow_estimator.python.estimator.estimator import (  # noqa: E402
  _write_dict_to_summary as write_dict_to_summary,
)
from tensorflow_hub.resolver import tfhub_cache_dir  # noqa: E402

tf = tensorflow.compat.v1


def module_cache_dir() -> str:
  """Returns where `tensorflow_hub` keeps modules: TFHUB_CACHE_DIR, or its own."""
  return tfhub_cache_dir(use_temp=True)


__all__ = [
  "TENSORFLOW_VERSION",
  "SaveSpec",
  "SaveableObject",
  "estimator",
  "function_def_to_graph_def",
  "hub",
  "module_cache_dir",
  "op_def_registry",
  "read_eval_metrics",
  "tf",
  "write_dict_to_summary",
]
