import os
import shutil

import numpy as np
import pytest

from hub_estimator import exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import tf
from tests import small_runs
from tests.modules.saved_models.small_saved_models import apply_module
from tests.modules.saved_models.small_tf1_models import (
  X,
  build_dense,
  save,
  serve,
)


@pytest.mark.parametrize("resource", [True, False])
def test_the_module_gives_the_outputs_that_serving_gives(tmp_path, resource):
  path = save(tmp_path / "old", build_dense(resource=resource))
  wanted = serve(path, {"x": X})
  for signature in ("default", "serving_default"):
    found = apply_module(path, {"x": X}, signature)
    assert set(found) == {"y"}
    np.testing.assert_allclose(found["y"], wanted["y"], rtol=1e-6)


def test_tables_and_assets_are_kept(tmp_path):
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

  path = save(tmp_path / "old", build)
  words.unlink()
  moved = shutil.move(path, tmp_path / "moved")
  found = apply_module(str(moved), {"words": ["bad", "good", "?"]})
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
      apply_module(path, {"x": X}, tags=tags)["y"],
      serve(path, {"x": X}, served)["y"],
      rtol=1e-5,
    )


@pytest.mark.slow
def test_it_is_fine_tuned_and_exported(tmp_path, numbers_npz):
  path = save(tmp_path / "old", build_dense(), slots=True)
  experiment = small_runs.make_experiment(
    path, numbers_npz, exports=exporting.Exports(kinds=["latest"])
  )
  runs.train(experiment, str(tmp_path / "run"))
  before = apply_module(path, {"x": X})["y"]
  assert not np.allclose(
    apply_module(str(tmp_path / "run"), {"x": X})["y"], before
  )


@pytest.mark.slow
def test_a_full_model_exported_by_a_run_is_a_module_too(
  tmp_path, text, sentences_csv
):
  experiment = small_runs.make_experiment(
    text, sentences_csv, exports=exporting.Exports(kinds=["latest"])
  )
  runs.train(experiment, str(tmp_path / "run"))
  model = max((tmp_path / "run/export/latest/model").iterdir())
  sentences = np.array(["a good film", "bad"], object)
  wanted = serve(str(model), {"sentence": sentences})
  found = apply_module(str(model), {"sentence": ["a good film", "bad"]})
  np.testing.assert_allclose(
    found["probabilities"], wanted["probabilities"], rtol=1e-5
  )


def test_a_model_that_no_module_can_represent_is_refused(tmp_path):
  def local():
    x = tf.placeholder(tf.float32, [None])
    count = tf.get_local_variable("count", [], use_resource=True)
    return {"x": x}, {"y": x + count}

  save(tmp_path / "local", local)
  builder = tf.saved_model.Builder(str(tmp_path / "none"))
  with tf.Graph().as_default(), tf.Session() as session:
    tf.constant(1)
    builder.add_meta_graph_and_variables(session, ["serve"])
  builder.save()
  for name, message in (
    ("local", "reads variables that aren't saved with it: count"),
    ("none", r"its graph \['serve'\] has no signature"),
  ):
    with pytest.raises(
      UserError,
      match=f"{name}' can't be converted to a TF1 Hub module: .*{message}",
    ):
      read_module_info(str(tmp_path / name))
