"""Hub's private names do what the library needs them for."""

import pathlib

import numpy as np
import pytest

from hub_estimator.tensorflow_runtime import hub, tf
from hub_estimator.tensorflow_runtime import hub_internals as internals


@pytest.fixture
def spec():
  def module_fn(training):
    x = tf.placeholder(tf.float32, [None])
    w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
    hub.add_signature(inputs=x, outputs=x * w)
    message = tf.train.BytesList(value=[b"x"])
    hub.attach_message("trained" if training else "plain", message)

  return hub.create_module_spec(
    module_fn,
    tags_and_args=[
      ({"train"}, {"training": True}),
      (set(), {"training": False}),
    ],
  )


def test_each_variant_has_a_graph(spec):
  graphs = internals.meta_graphs(spec)
  assert [set(g.meta_info_def.tags) for g in graphs] == [{"train"}, set()]
  assert internals.meta_graph(spec, ["train"]) is graphs[0]
  assert internals.meta_graph(spec, ()) is graphs[1]
  assert "default" in graphs[1].signature_def
  with pytest.raises(KeyError, match="no graph with tags"):
    internals.meta_graph(spec, ["absent"])


def test_attached_messages_are_those_of_all_variants(spec):
  assert internals.attached_messages(spec) == ["plain", "trained"]


def test_tensors_of_any_kind_have_a_type():
  def module_fn():
    x = tf.placeholder(tf.float32, [None, 2])
    outputs = {
      "dense": tf.cast(x, tf.bfloat16),
      "sparse": tf.sparse.from_dense(x),
      "ragged": tf.RaggedTensor.from_tensor(x > 0),
    }
    hub.add_signature(inputs=x, outputs=outputs)

  (graph,) = internals.meta_graphs(hub.create_module_spec(module_fn))
  types = internals.tensor_types(graph.signature_def["default"].outputs)
  assert {
    name: (t.dtype.name, t.get_shape().rank, t.is_sparse, t.is_composite)
    for name, t in types.items()
  } == {
    "dense": ("bfloat16", 2, False, False),
    "sparse": ("float32", 2, True, True),
    "ragged": ("bool", 2, False, True),
  }


def test_a_module_is_exported_with_the_variables_that_a_function_writes(
  spec, tmp_path
):
  internals.meta_graphs(spec)[1].meta_info_def.meta_graph_version = "changed"

  def write(prefix):
    with tf.Graph().as_default(), tf.Session() as session:
      w = tf.get_variable("w", initializer=tf.constant(2.0))
      session.run(w.initializer)
      tf.train.Saver().save(session, prefix, write_meta_graph=False)

  internals.export_with(spec, str(tmp_path / "m"), write)
  loaded = hub.load_module_spec(str(tmp_path / "m"))
  stored = internals.meta_graph(loaded, ())
  assert stored.meta_info_def.meta_graph_version == "changed"
  with tf.Graph().as_default(), tf.Session() as session:
    doubled = hub.Module(loaded)(tf.constant([1.0, 3.0]))
    session.run(tf.global_variables_initializer())
    np.testing.assert_array_equal(session.run(doubled), [2.0, 6.0])


def test_the_cache_is_where_the_environment_says(tmp_path, monkeypatch):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
  assert internals.module_cache_dir() == str(tmp_path)
  monkeypatch.delenv("TFHUB_CACHE_DIR")
  assert pathlib.Path(internals.module_cache_dir()).name == "tfhub_modules"


def test_calls_of_modules_are_recorded_with_their_tensors(spec, tmp_path):
  done = []
  with tf.Graph().as_default():
    with tf.variable_scope("outer"):
      module = hub.Module(spec, name="m", tags={"train"}, trainable=True)
    x = tf.constant([1.0])
    with internals.recorded_calls(lambda: done.append(1)) as calls:
      output = module(x)
      named = module({"default": x}, as_dict=True)
    module(x)
    assert len(calls) == len(done) == 2
    assert calls[0].module is module and calls[0].signature == "default"
    assert calls[0].inputs["default"] is x
    assert calls[0].outputs["default"] is output
    assert calls[1].outputs["default"] is named["default"]
    assert internals.registered_modules() == []
    hub.register_module_for_export(module, "a")
    assert internals.registered_modules() == [("a", module)]
    assert internals.state_scope(module) == "outer/m"
    assert internals.tags_of(module) == {"train"}
    assert internals.is_trainable(module)
    assert internals.spec_of(module) is spec
  assert internals.stored_at(spec) is None
  with tf.Graph().as_default(), tf.Session() as session:
    made = hub.Module(spec)
    session.run(tf.global_variables_initializer())
    made.export(str(tmp_path / "m"), session)
  loaded = hub.load_module_spec(str(tmp_path / "m"))
  assert internals.stored_at(loaded) == str(tmp_path / "m")
