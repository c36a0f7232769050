import pytest

from hub_estimator.linting.graph import Graph
from hub_estimator.modules import read_module_info

pytestmark = pytest.mark.newest


def test_a_variants_graph_is_read_as_it_is_stored(batch_norm):
  info = read_module_info(batch_norm)
  inference, training = (
    Graph(info, info.variant(tags)) for tags in ((), ("train",))
  )
  assert (inference.where, training.where) == (
    "variant []",
    "variant ['train']",
  )
  assert (inference.is_training, training.is_training) == (False, True)
  assert set(inference.signatures) == {"default", "other"}
  names = set(inference.variant.variables)
  assert inference.variables(inference.reached_by_outputs) == names
  (update, *_) = training.variant.update_ops
  assert training.node(f"{update}:0").name == update
  assert training.node("nobody") is None


def test_only_a_float_of_one_element_is_a_scalar(batch_norm):
  info = read_module_info(batch_norm)
  graph = Graph(info, info.variant(["train"]))
  scalars = {graph.scalar(name) for name in graph.nodes} - {None}
  assert any(abs(value - 0.1) < 1e-6 for value in scalars)  # 1 - momentum.
  assert all(isinstance(value, float) for value in scalars)
  assert graph.scalar("nobody") is None
