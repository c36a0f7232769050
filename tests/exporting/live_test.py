import numpy as np

from hub_estimator.exporting.live import LiveModule
from tests.exporting.small_exports import read_examples, read_live_graph


def test_a_live_graph_holds_all_that_verification_compares(run):
  live = read_live_graph(run)
  n = len(read_examples(run))
  assert {k: v.shape for k, v in live.features.items()} == {"x": (n, 4)}
  assert live.predictions.values["logits"].shape == (n, 1)
  (module,) = live.modules.values()
  assert isinstance(module, LiveModule) and list(live.modules) == ["module"]
  assert (module.signature, module.tags) == ("default", frozenset())
  np.testing.assert_array_equal(module.inputs["x"], live.features["x"])
  assert module.outputs.values["default"].shape == (n, 3)
  assert module.read == {"default"} and not module.outputs.random
  assert set(module.variables) == {
    "kernel",
    "gamma",
    "moving_mean",
    "moving_variance",
  }
