import re
import shutil

import pytest

from hub_estimator.handles.damage import find_damage
from hub_estimator.tensorflow_runtime import hub, tf
from tests.handles.damaging import flip_weights


@pytest.fixture
def copy(text, tmp_path):
  return shutil.copytree(text, tmp_path / "copy")


def test_sound_modules_have_no_damage(dense, batch_norm, text):
  for path in (dense, batch_norm, text):
    assert find_damage(path, thorough=True) is None


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
  assert find_damage(shared_module(name), thorough=True) is None


def test_a_module_without_variables_has_no_damage(tmp_path):
  def module_fn():
    x = tf.placeholder(tf.float32, [None])
    hub.add_signature(inputs=x, outputs=x * 2)

  with tf.Graph().as_default(), tf.Session() as session:
    hub.Module(hub.create_module_spec(module_fn)).export(
      str(tmp_path / "m"), session
    )
  assert find_damage(tmp_path / "m", thorough=True) is None


def test_a_saved_model_of_tensorflow_2_has_no_damage(tmp_path):
  class Doubling(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, x):
      return x * 2

  with tf.init_scope():
    tf.compat.v2.saved_model.save(Doubling(), str(tmp_path / "m"))
  assert find_damage(tmp_path / "m", thorough=True) is None


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
def test_a_missing_or_cut_file_is_named(copy, file, keep, told):
  path = copy / file
  content = path.read_bytes()
  path.unlink()
  if keep is not None:
    path.write_bytes(content[:keep])
  assert re.search(told, find_damage(copy))


def test_a_thorough_check_finds_flipped_weights(copy):
  flip_weights(copy)
  assert find_damage(copy) is None
  told = find_damage(copy, thorough=True)
  assert told.startswith("variables can't be read: ") and "hecksum" in told
