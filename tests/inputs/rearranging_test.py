import numpy as np

from hub_estimator.inputs import Examples
from hub_estimator.inputs.rearranging import chain, select

_EXAMPLES = Examples(
  {"x": np.arange(4)},
  {"a": np.arange(4) * 10, "b": np.arange(4) * 100},
  "here",
  skipped=2,
)


def test_labels_of_several_heads_stay_arrays_beside_their_features():
  chosen = select(_EXAMPLES, np.array([3, 1, 3]), "chosen")
  assert chosen.features["x"][:].tolist() == [3, 1, 3]
  assert chosen.labels["a"].tolist() == [30, 10, 30]
  assert chosen.labels["b"].reshape(-1).tolist() == [300, 100, 300]


def test_chained_parts_add_up_what_they_skipped():
  both = chain([_EXAMPLES, _EXAMPLES], "both")
  assert (len(both), both.skipped, both.source) == (8, 4, "both")
  assert both.labels["b"].tolist() == [0, 100, 200, 300] * 2


def test_examples_without_labels_stay_without():
  plain = Examples({"x": np.arange(2)}, None, "here")
  assert chain([plain, plain], "both").labels is None
