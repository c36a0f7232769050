"""One module applied to two features: NumPy's numbers, one set of variables."""

import numpy as np
import pytest

from hub_estimator import exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.model.encoders import Towers
from hub_estimator.modules import ModuleSource
from hub_estimator.tensorflow_runtime import tf
from tests.model.pairs import apply, head_input, pairs_experiment


def test_towers_share_variables_and_combine_as_numpy_does(dense, pairs_npz):
  names = ["left", "right", "difference", "absolute_difference", "product"]
  encoder = Towers(ModuleSource(dense), "a", "b", [*names, "dot", "cosine"])
  got, data = head_input(pairs_experiment(dense, pairs_npz, encoder))
  a, b = apply(dense, data["a"]), apply(dense, data["b"])
  dot = (a * b).sum(1, keepdims=True)
  lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
  expected = np.concatenate(
    [a, b, a - b, np.abs(a - b), a * b, dot, dot / lengths[:, None]], axis=1
  )
  np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_towers_train_one_module_and_export_it(dense, pairs_npz, tmp_path):
  experiment = pairs_experiment(
    dense,
    pairs_npz,
    Towers(ModuleSource(dense), "a", "b"),
    exports=exporting.Exports(["final"]),
  )
  result = runs.train(experiment, str(tmp_path))
  names = [
    n for n, _ in tf.train.list_variables(str(tmp_path)) if "Adam" not in n
  ]
  assert [n for n in names if n.startswith("module")] == [
    "module/bias",
    "module/kernel",
  ]
  exported = tmp_path / result.exports["final"]["module"] / "module"
  data = np.load(pairs_npz)
  assert not np.allclose(
    apply(str(exported), data["a"]), apply(dense, data["a"])
  )


@pytest.mark.parametrize(
  "combine_by, message",
  [("dot", r"write \['dot'\]"), (["dott"], "did you mean 'dot'")],
)
def test_an_unknown_comparison_is_refused(combine_by, message):
  with pytest.raises(UserError, match=message):
    Towers(None, "a", "b", combine_by)
