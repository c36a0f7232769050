"""TensorFlow, Estimator and Hub, made to work together on each supported version.

`tensorflow-estimator` 2.15.0 and `tensorflow-hub` 0.15.0 are the last releases
of Estimator and of `hub.Module`. TensorFlow 2.15 still has everything that they
import; 2.16 and later lack a few pieces. Importing this package makes both work
on every supported TensorFlow:

  * A finder at the *end* of `sys.meta_path` serves modules that are absent from
    `tensorflow.python`, so that a real one always wins (`stand_ins.py`).
  * If Python lacks `pkg_resources` or `distutils`, only `tensorflow_hub` and
    `gin.tf` see stand-ins for them; no other code can find these
    (`private_imports.py`).
  * Keras 2 (`tf_keras`), which Estimator's heads take their metrics from, is
    chosen before TensorFlow is imported (`loading.py`).

No file or attribute of `tensorflow.python` is changed. The rest of the library
gets TensorFlow, Estimator and Hub from here:

    from hub_estimator.tensorflow_runtime import estimator, hub, tf

`tf` is `tensorflow.compat.v1`, `estimator` is `tf.estimator` with the version 2
heads, and `hub` is `tensorflow_hub`. All private names of the three that the
library uses are in `tensorflow_internals.py`, `estimator_internals.py` and
`hub_internals.py`.
"""

# First: it prepares the imports of all others.
from hub_estimator.tensorflow_runtime.loading import (
  TENSORFLOW_VERSION,
  estimator,
  hub,
  tf,
)

# isort: split
from hub_estimator.tensorflow_runtime import (
  estimator_internals,
  hub_internals,
  tensorflow_internals,
)
from hub_estimator.tensorflow_runtime.estimator_internals import (
  read_eval_metrics,
  write_dict_to_summary,
)
from hub_estimator.tensorflow_runtime.hub_internals import module_cache_dir
from hub_estimator.tensorflow_runtime.tensorflow_internals import (
  SaveableObject,
  SaveSpec,
  function_def_to_graph_def,
  op_def_registry,
)
from hub_estimator.tensorflow_runtime.versions import (
  UnsupportedTensorFlowError,
  check_version,
  installed_version,
)

__all__ = [
  "TENSORFLOW_VERSION",
  "SaveSpec",
  "SaveableObject",
  "UnsupportedTensorFlowError",
  "check_version",
  "estimator",
  "estimator_internals",
  "function_def_to_graph_def",
  "hub",
  "hub_internals",
  "installed_version",
  "module_cache_dir",
  "op_def_registry",
  "read_eval_metrics",
  "tensorflow_internals",
  "tf",
  "write_dict_to_summary",
]
