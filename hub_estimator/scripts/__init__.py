"""Scripts for TensorFlow 1, run unchanged.

`tf.estimator` and `hub.Module` come from `tensorflow_runtime`. To the files of the
script alone, `import tensorflow` means TensorFlow 1, unless they are code for
TensorFlow 2 (`meaning.py`).
"""

from hub_estimator.scripts.running import run_script

__all__ = ["run_script"]
