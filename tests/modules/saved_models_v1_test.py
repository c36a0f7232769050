"""SavedModels of TensorFlow 1 are used, trained and exported as TF1 Hub modules."""

import os
import shutil

import numpy as np
import pytest

from hub_estimator import exporting
from hub_estimator.errors import UserError
from hub_estimator.modules.module_info import read_module_info
from hub_estimator.runs import experiment as experiments
from hub_estimator.tensorflow_runtime import hub, tf
from tests import small_runs as runs

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))


def _save(path, build, *, tags=("serve",), slots=False):
  """Saves what `build` returns: (inputs, outputs); returns `path`."""
  with tf.Graph().as_default(), tf.Session() as session:
    tf.set_random_seed(1)
    inputs, outputs = build()
    if slots:
      loss = tf.reduce_sum(next(iter(outputs.values())))
      tf.train.AdamOptimizer().minimize(
        loss, global_step=tf.train.get_or_create_global_step()
      )
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    builder = tf.saved_model.Builder(str(path))
    signature = tf.saved_model.predict_signature_def(inputs, outputs)
    builder.add_meta_graph_and_variables(
      session,
      list(tags),
      signature_def_map={"serving_default": signature},
      assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
      main_op=tf.tables_initializer(),
    )
    builder.save()
  return str(path)


def _dense(*, resource=True):
  def build():
    x = tf.placeholder(tf.float32, [None, 4])
    kernel = tf.get_variable("kernel", [4, 3], use_resource=resource)
    return {"x": x}, {"y": tf.tanh(tf.matmul(x, kernel))}

  return build


def _apply(handle, inputs, signature="default", tags=()):
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(read_module_info(handle).spec, tags=set(tags))
    outputs = module(inputs, signature=signature, as_dict=True)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(outputs)


def _served(path, inputs, tags=("serve",), signature="serving_default"):
  """What the SavedModel's own loader gives."""
  with tf.Graph().as_default(), tf.Session() as session:
    graph = tf.saved_model.loader.load(session, list(tags), path)
    told = graph.signature_def[signature]
    return session.run(
      {k: v.name for k, v in told.outputs.items()},
      {told.inputs[k].name: v for k, v in inputs.items()},
    )


@pytest.mark.parametrize("resource", [True, False])
def test_it_gives_what_it_gives_when_it_is_served(tmp_path, resource):
  path = _save(tmp_path / "old", _dense(resource=resource))
  wanted = _served(path, {"x": X})
  for signature in ("default", "serving_default"):
    found = _apply(path, {"x": X}, signature)
    assert set(found) == {"y"}
    np.testing.assert_allclose(found["y"], wanted["y"], rtol=1e-6)


def test_what_no_signature_reads_is_left_out(tmp_path):
  path = _save(tmp_path / "old", _dense(), slots=True)
  info = read_module_info(path)
  assert set(info.variant().variables) == {"kernel"}
  assert info.variant().variables["kernel"].trainable
  reader = tf.train.load_checkpoint(f"{info.path}/variables/variables")
  assert set(reader.get_variable_to_shape_map()) == {"kernel"}


def test_tables_and_assets_come_along(tmp_path):
  words = tmp_path / "words.txt"
  words.write_text("good\nbad\n")

  def build():
    table = tf.lookup.StaticVocabularyTable(
      tf.lookup.TextFileInitializer(
        str(words),
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
      ),
      1,
    )
    x = tf.placeholder(tf.string, [None])
    return {"words": x}, {"ids": table.lookup(x)}

  path = _save(tmp_path / "old", build)
  words.unlink()
  moved = shutil.move(path, tmp_path / "moved")
  found = _apply(str(moved), {"words": ["bad", "good", "?"]})
  assert found["ids"].tolist() == [1, 0, 2]
  assert os.listdir(f"{read_module_info(str(moved)).path}/assets") == [
    "words.txt"
  ]


def _batch_norm(training):
  x = tf.placeholder(tf.float32, [None, 4])
  kernel = tf.get_variable("kernel", [4, 3])
  mean = tf.get_variable(
    "mean", [3], initializer=tf.zeros_initializer(), trainable=False
  )
  tf.add_to_collection(
    tf.GraphKeys.REGULARIZATION_LOSSES, 0.1 * tf.nn.l2_loss(kernel)
  )
  y = tf.matmul(x, kernel)
  used = mean
  if training:
    used = tf.reduce_mean(y, axis=0)
    update = tf.assign_sub(mean, 0.1 * (mean - used))
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update.op)
  return x, y - used


def test_graphs_are_variants_with_their_losses_and_updates(tmp_path):
  path = str(tmp_path / "old")
  builder = tf.saved_model.Builder(path)
  for training in (True, False):
    with tf.Graph().as_default(), tf.Session() as session:
      tf.set_random_seed(1)
      x, y = _batch_norm(training)
      signature = tf.saved_model.predict_signature_def({"x": x}, {"y": y})
      signatures = {"serving_default": signature}
      if training:
        session.run(tf.global_variables_initializer())
        builder.add_meta_graph_and_variables(
          session, ["train"], signature_def_map=signatures
        )
      else:
        builder.add_meta_graph(["serve"], signature_def_map=signatures)
  builder.save()
  info = read_module_info(path)
  assert set(info.variants) == {frozenset(), frozenset({"train"})}
  assert len(info.variant({"train"}).update_ops) == 1
  assert info.variant().update_ops == ()
  assert all(len(v.regularization_losses) == 1 for v in info.variants.values())
  for tags, served in (((), ["serve"]), (("train",), ["train"])):
    np.testing.assert_allclose(
      _apply(path, {"x": X}, tags=tags)["y"],
      _served(path, {"x": X}, served)["y"],
      rtol=1e-5,
    )


@pytest.mark.slow
def test_it_is_fine_tuned_and_exported(tmp_path, numbers_npz):
  path = _save(tmp_path / "old", _dense(), slots=True)
  experiment = runs.make_experiment(
    path, numbers_npz, exports=exporting.Exports(kinds=["latest"])
  )
  experiments.train(experiment, str(tmp_path / "run"))
  before = _apply(path, {"x": X})["y"]
  assert not np.allclose(_apply(str(tmp_path / "run"), {"x": X})["y"], before)


@pytest.mark.slow
def test_a_full_model_that_a_run_exported_is_one(tmp_path, text, sentences_csv):
  experiment = runs.make_experiment(
    text, sentences_csv, exports=exporting.Exports(kinds=["latest"])
  )
  experiments.train(experiment, str(tmp_path / "run"))
  model = max((tmp_path / "run/export/latest/model").iterdir())
  sentences = np.array(["a good film", "bad"], object)
  wanted = _served(str(model), {"sentence": sentences})
  found = _apply(str(model), {"sentence": ["a good film", "bad"]})
  np.testing.assert_allclose(
    found["probabilities"], wanted["probabilities"], rtol=1e-5
  )


def test_a_sparse_input_stays_sparse(tmp_path):
  path = str(tmp_path / "old")
  with tf.Graph().as_default(), tf.Session() as session:
    x = tf.sparse_placeholder(tf.float32, [None, 4])
    y = tf.sparse.reduce_sum(x, axis=1)
    tf.saved_model.simple_save(session, path, {"x": x}, {"y": y})
  info = read_module_info(path)
  assert info.signature("default").inputs["x"].kind == "sparse"


def test_what_a_module_cannot_hold_is_told(tmp_path):
  def local():
    x = tf.placeholder(tf.float32, [None])
    count = tf.get_local_variable("count", [], use_resource=True)
    return {"x": x}, {"y": x + count}

  _save(tmp_path / "local", local)
  builder = tf.saved_model.Builder(str(tmp_path / "none"))
  with tf.Graph().as_default(), tf.Session() as session:
    tf.constant(1)
    builder.add_meta_graph_and_variables(session, ["serve"])
  builder.save()
  for name, told in (
    ("local", "reads variables that aren't saved with it: count"),
    ("none", r"its graph \['serve'\] has no signature"),
  ):
    with pytest.raises(
      UserError, match=f"{name}' can't be made a TF1 Hub module: .*{told}"
    ):
      read_module_info(str(tmp_path / name))
