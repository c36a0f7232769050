"""Encoders side by side: their modules train and are exported together."""

import numpy as np
import pytest

from hub_estimator import exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.model.encoders import Concat, Encoder
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import tf
from tests.model.pairs import apply, head_input, pairs_experiment


@pytest.mark.slow
def test_concat_joins_different_modules_and_exports_both(
  dense, batch_norm, pairs_npz, tmp_path
):
  encoder = Concat(
    [
      Encoder(
        ModuleSource(dense, name="one", export_name="one"),
        Adapter(inputs={"x": "a"}),
      ),
      Encoder(
        ModuleSource(batch_norm, name="two", export_name="two"),
        Adapter(inputs={"x": "b"}),
      ),
    ]
  )
  experiment = pairs_experiment(
    dense, pairs_npz, encoder, exports=exporting.Exports(["final"])
  )
  got, data = head_input(experiment)
  expected = [apply(dense, data["a"]), apply(batch_norm, data["b"])]
  np.testing.assert_allclose(
    got, np.concatenate(expected, axis=1), rtol=1e-5, atol=1e-6
  )
  result = runs.train(experiment, str(tmp_path))
  exported = tmp_path / result.exports["final"]["module"]
  assert sorted(p.name for p in exported.iterdir()) == ["one", "two"]
  # Batch-norm statistics of the second have moved.
  reader = tf.train.load_checkpoint(str(tmp_path))
  assert np.abs(reader.get_tensor("two/moving_mean")).min() > 0


def test_no_encoders_are_refused():
  with pytest.raises(UserError, match="must be a list of encoders"):
    Concat([])
