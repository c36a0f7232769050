import numpy as np
import pytest

from hub_estimator import testing
from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info, read_signature
from hub_estimator.tensorflow_runtime import hub, tf


def test_a_signature_without_inputs_is_read(tmp_path):
  info = read_module_info(testing.token_module(tmp_path / "tokens"))
  values = read_signature(info, "tokenization_info")
  assert values["do_lower_case"] == np.bool_(True)
  with pytest.raises(UserError, match=r"takes inputs \(input_ids, input_mask"):
    read_signature(info, "tokens")
  with pytest.raises(UserError, match="no signature 'tokenization_inf'"):
    read_signature(info, "tokenization_inf")


def test_a_signature_that_reads_variables_is_refused(tmp_path):
  def module_fn():
    x = tf.placeholder(tf.float32, [None])
    weight = tf.get_variable("weight", [])
    hub.add_signature(inputs=x, outputs=x * weight)
    hub.add_signature("weight", inputs={}, outputs=weight + 1)

  path = testing.export_module(str(tmp_path / "m"), module_fn)
  with pytest.raises(UserError, match="'weight' of module .* reads variables"):
    read_signature(read_module_info(path), "weight")
