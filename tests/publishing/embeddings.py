"""Word vectors of known values, and the application of their modules."""

import numpy as np

from hub_estimator.tensorflow_runtime import hub, tf

WORDS = ["good", "film", "ünï", "x"]
VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3)
OOV = VECTORS.mean(axis=0)


def apply_embedding(path, values, signature=None, as_dict=False):
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = hub.Module(path)(values, signature=signature, as_dict=as_dict)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(outputs)
