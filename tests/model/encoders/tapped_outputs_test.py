"""Several outputs of one module, each for a head of its own."""

import numpy as np
import pytest

from hub_estimator import exporting, heads, runs
from hub_estimator.model.encoders import Taps
from hub_estimator.modules import ModuleSource
from hub_estimator.tensorflow_runtime import tf
from tests.model.pairs import apply, head_input, pairs_experiment


@pytest.mark.slow
def test_taps_give_each_head_its_output(two_outputs, pairs_npz, tmp_path):
  head = heads.Multi(
    {"near": heads.Binary(), "gap": heads.Regression()}, {"gap": 0.25}
  )
  experiment = pairs_experiment(
    two_outputs,
    pairs_npz,
    Taps(ModuleSource(two_outputs), {"near": "default", "gap": "hidden"}),
    features=["a"],
    label=["near", "gap"],
    head=head,
    exports=exporting.Exports(["final"]),
  )
  got, data = head_input(experiment)
  for name, output in (("near", "default"), ("gap", "hidden")):
    np.testing.assert_allclose(
      got[name], apply(two_outputs, data["a"], output), rtol=1e-5
    )
  result = runs.train(experiment, str(tmp_path))
  metrics = result.metrics
  assert metrics["loss"] == pytest.approx(
    metrics["loss/near"] + 0.25 * metrics["loss/gap"], rel=1e-4
  )
  model = str(tmp_path / result.exports["final"]["model"])
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], model)
    outputs = loaded.signature_def["serving_default"].outputs
    assert {"near/logistic", "gap/predictions"} <= set(outputs)
