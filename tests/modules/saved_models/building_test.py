import shutil

import numpy as np
import tensorflow

from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import hub, tf
from tests.modules.saved_models.small_saved_models import (
  save_text_model,
)


def test_tables_and_assets_survive_the_saved_model(tmp_path):
  path = save_text_model(tmp_path)
  sentences = np.array([b"good film", b"unknown", b""])
  expected = tensorflow.saved_model.load(path)(sentences).numpy()
  read_module_info(path)
  converted = read_module_info(path).path
  shutil.rmtree(path)
  with tf.Graph().as_default(), tf.Session() as session:
    output = hub.Module(converted)(sentences)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    np.testing.assert_allclose(session.run(output), expected, rtol=1e-6)
