import os
import shutil
import time

import numpy as np
import pytest

from hub_estimator.handles import module_files
from hub_estimator.tensorflow_runtime import hub, tf


@pytest.fixture
def copy(text, tmp_path):
  return shutil.copytree(text, tmp_path / "copy")


def test_sound_modules_have_no_damage(dense, batch_norm, text):
  for path in (dense, batch_norm, text):
    assert module_files.find_damage(path, thorough=True) is None


@pytest.mark.parametrize(
  "name",
  [
    "dm21_DM21",
    "enlite0_96_feature_vector",
    "glove50_20k",
    "half_plus_two_v1",
  ],
)
def test_real_modules_have_no_damage(shared_module, name):
  assert module_files.find_damage(shared_module(name), thorough=True) is None


def test_a_module_without_variables_has_no_damage(tmp_path):
  def module_fn():
    x = tf.placeholder(tf.float32, [None])
    hub.add_signature(inputs=x, outputs=x * 2)

  with tf.Graph().as_default(), tf.Session() as session:
    hub.Module(hub.create_module_spec(module_fn)).export(
      str(tmp_path / "m"), session
    )
  assert module_files.find_damage(tmp_path / "m", thorough=True) is None


def test_a_saved_model_of_tensorflow_2_has_no_damage(tmp_path):
  class Doubling(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, x):
      return x * 2

  with tf.init_scope():
    tf.compat.v2.saved_model.save(Doubling(), str(tmp_path / "m"))
  assert module_files.find_damage(tmp_path / "m", thorough=True) is None


@pytest.mark.parametrize(
  ("file", "keep", "told"),
  [
    ("saved_model.pb", None, "it holds no saved_model.pb; it holds: assets, "),
    ("saved_model.pb", 0, "saved_model.pb holds no graph"),
    ("saved_model.pb", 500, "saved_model.pb can't be read"),
    ("tfhub_module.pb", 0, "doesn't name the format"),
    ("assets/tokens.txt", None, "the asset 'tokens.txt' is missing"),
    ("variables/variables.index", None, "variables.index is missing"),
    ("variables/variables.index", 20, "variables can't be read"),
    ("variables/variables.data-00000-of-00001", None, "shards .* missing"),
    ("variables/variables.data-00000-of-00001", 7, "hold 7 bytes of 96"),
  ],
)
def test_what_is_missing_or_cut_is_named(copy, file, keep, told):
  import re

  path = copy / file
  content = path.read_bytes()
  path.unlink()
  if keep is not None:
    path.write_bytes(content[:keep])
  assert re.search(told, module_files.find_damage(copy))


def test_flipped_weights_are_found_by_a_thorough_look(copy):
  path = copy / "variables" / "variables.data-00000-of-00001"
  content = bytearray(path.read_bytes())
  content[3] ^= 1
  path.write_bytes(content)
  assert module_files.find_damage(copy) is None
  told = module_files.find_damage(copy, thorough=True)
  assert told.startswith("variables can't be read: ") and "hecksum" in told


def test_a_change_that_leaves_size_and_time_is_seen(
  dense, tmp_path, monkeypatch
):
  """Files that rest are read once, and those that were touched again."""
  copy = shutil.copytree(dense, tmp_path / "copy")
  (weights,) = copy.glob("variables/variables.data*")
  monkeypatch.setattr(module_files, "_SETTLED_NS", 0)
  module_files._read_once.cache_clear()
  before = module_files.fingerprint(copy)
  files = module_files._read_once.cache_info().misses
  assert module_files.fingerprint(copy) == before
  assert module_files._read_once.cache_info().misses == files
  assert module_files._read_once.cache_info().hits == files
  time_ns = weights.stat().st_mtime_ns
  content = bytearray(weights.read_bytes())
  content[0] ^= 1
  time.sleep(0.02)  # The file system's clock ticks every 4 ms, say.
  weights.write_bytes(content)
  os.utime(weights, ns=(time_ns, time_ns))
  assert module_files.fingerprint(copy) != before
  content[0] ^= 1
  time.sleep(0.02)
  weights.write_bytes(content)
  assert module_files.fingerprint(copy) == before


def test_the_fingerprint_follows_content_and_not_place(dense, tmp_path):
  copy = shutil.copytree(dense, tmp_path / "copy")
  same = module_files.fingerprint(dense)
  assert module_files.fingerprint(copy) == same
  (copy / "assets.extra").mkdir()
  (copy / "assets.extra" / "note").write_text("not computed with")
  assert module_files.fingerprint(copy) == same
  data = copy / "variables" / "variables.data-00000-of-00001"
  values = np.frombuffer(data.read_bytes(), np.float32).copy()
  values[0] += 1
  data.write_bytes(values.tobytes())
  assert module_files.fingerprint(copy) != same


def test_the_size_is_that_of_all_files(dense):
  import pathlib

  sizes = [
    p.stat().st_size for p in pathlib.Path(dense).rglob("*") if p.is_file()
  ]
  assert module_files.size_bytes(dense) == sum(sizes) > 0


def test_the_same_graph_is_written_as_the_same_bytes(dense, tmp_path):
  from tensorflow.core.protobuf import saved_model_pb2

  copy = shutil.copytree(dense, tmp_path / "copy") / "saved_model.pb"
  proto = module_files.write_in_fixed_order(copy)
  first = copy.read_bytes()
  assert saved_model_pb2.SavedModel.FromString(first) == proto
  module_files.write_in_fixed_order(copy)
  assert copy.read_bytes() == first
