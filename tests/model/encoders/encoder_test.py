"""The encoder of one module, and the names of all encoders."""

import numpy as np

from hub_estimator.model import encoders
from hub_estimator.model.encoders import Encoder
from hub_estimator.modules import ModuleSource
from tests.model.pairs import apply, head_input, pairs_experiment


def test_the_head_reads_the_modules_output(dense, pairs_npz):
  encoder = Encoder(ModuleSource(dense))
  got, data = head_input(
    pairs_experiment(dense, pairs_npz, encoder, features=["a"])
  )
  np.testing.assert_allclose(got, apply(dense, data["a"]), rtol=1e-5)


def test_parts_have_their_gin_names_in_python():
  assert encoders.concat is encoders.Concat
  assert encoders.columns is encoders.Columns
  assert encoders.towers is encoders.Towers
  assert encoders.taps is encoders.Taps
