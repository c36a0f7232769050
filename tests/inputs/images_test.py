import shutil

import numpy as np
import pytest

from hub_estimator import exporting, heads, optimizers, runs, testing
from hub_estimator.errors import RunFailed, UserError
from hub_estimator.inputs import FeatureSpec, ImageFolder
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment, replace


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
  """Forty dark and forty light images of several kinds and sizes."""
  root = tmp_path_factory.mktemp("images")
  rng = np.random.default_rng(0)
  encoders = {"png": tf.io.encode_png, "jpg": tf.io.encode_jpeg}
  with tf.Graph().as_default(), tf.Session() as session:
    pixels = tf.placeholder(tf.uint8, [None, None, 3])
    encoded = {kind: make(pixels) for kind, make in encoders.items()}
    for low, name in ((0, "dark"), (128, "light")):
      (root / name).mkdir()
      for i in range(40):
        image = rng.integers(low, low + 128, (5 + i % 4, 6, 3), np.uint8)
        kind = ("png", "jpg")[i % 2]
        (root / name / f"{i}.{kind}").write_bytes(
          session.run(encoded[kind], {pixels: image})
        )
  (root / "README.txt").write_text("not a class")
  return root


@pytest.fixture(scope="module")
def image_module(tmp_path_factory):
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 4, 4, 3])
    scale = tf.get_variable("scale", [3], initializer=tf.ones_initializer())
    hub.add_signature(
      inputs={"images": images}, outputs=tf.reduce_mean(images, [1, 2]) * scale
    )

  path = tmp_path_factory.mktemp("m") / "images"
  return testing.export_module(str(path), module_fn)


def test_folders_are_classes_in_the_order_of_their_names(folder):
  examples = ImageFolder(str(folder)).read()
  assert examples.specs() == {"image": FeatureSpec("string")}
  assert np.bincount(examples.labels).tolist() == [40, 40]


def test_the_split_is_whole_disjoint_and_stable(folder, tmp_path):
  def names(root, split):
    return set(
      ImageFolder(str(root), split).read().features["image"].paths.tolist()
    )

  train, evaluation = names(folder, "train"), names(folder, "eval")
  assert len(train | evaluation) == 80 and not train & evaluation
  assert 5 <= len(evaluation) <= 30
  # More files move none of the old ones.
  more = tmp_path / "more"
  shutil.copytree(folder, more)
  for i in range(10):
    shutil.copy(folder / "dark" / "0.png", more / "dark" / f"new_{i}.png")
  kept = {p.replace(str(more), str(folder)) for p in names(more, "eval")}
  assert evaluation == {p for p in kept if "new_" not in p}


@pytest.mark.slow
def test_a_run_trains_on_files_and_serves_bytes(folder, image_module, tmp_path):
  experiment = replace(
    make_experiment(image_module, "unused.npz"),
    train_input=ImageFolder(str(folder), "train"),
    eval_input=ImageFolder(str(folder), "eval"),
    head=heads.Binary(),
    optimizer=optimizers.Adam(0.5),
    exports=exporting.Exports(["final"]),
  )
  result = runs.train(experiment, str(tmp_path))
  assert result.metrics["accuracy"] == 1.0
  model = str(tmp_path / result.exports["final"]["model"])
  light = (folder / "light" / "3.jpg").read_bytes()
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], model)
    signature = loaded.signature_def["serving_default"]
    (probability,) = session.run(
      signature.outputs["logistic"].name,
      {signature.inputs["image"].name: [light]},
    )[0]
  assert probability > 0.5


@pytest.mark.parametrize(
  "content, why",
  [
    (b"no image", "not a JPEG, PNG, GIF, BMP or WebP image"),
    (b"", "not a JPEG"),
    (None, "the image is cut short"),
  ],
)
def test_a_bad_file_is_named_or_skipped_and_counted(
  folder, tmp_path, content, why
):
  root = tmp_path / "images"
  shutil.copytree(folder, root)
  whole = (root / "dark" / "1.jpg").read_bytes()
  (root / "dark" / "1.jpg").write_bytes(
    whole[:-20] if content is None else content
  )
  with pytest.raises(UserError, match=rf"dark/1\.jpg: {why}"):
    ImageFolder(str(root)).read()
  examples = ImageFolder(str(root), bad_records="skip").read()
  assert (len(examples), examples.skipped) == (79, 1)


@pytest.mark.parametrize(
  "make, why",
  [
    (lambda root: ImageFolder(str(root / "no")), "no folder"),
    (lambda root: ImageFolder(str(root / "only")), "has no folders"),
    (lambda root: ImageFolder(str(root), "test"), "'test'"),
  ],
)
def test_a_path_without_folders_of_classes_is_refused(tmp_path, make, why):
  (tmp_path / "only").mkdir()
  with pytest.raises(UserError, match=why):
    make(tmp_path).read()


def test_a_class_without_images_is_refused(tmp_path):
  for name in "ab":
    (tmp_path / name).mkdir()
  with pytest.raises(UserError, match="a has no images"):
    ImageFolder(str(tmp_path)).read()


@pytest.mark.slow
@pytest.mark.parametrize("trainable", [True, False])
def test_a_png_that_is_damaged_inside_is_named(
  folder, image_module, tmp_path, trainable
):
  shutil.copytree(folder, tmp_path / "images")
  damaged = tmp_path / "images/light/20.png"
  content = bytearray(damaged.read_bytes())
  content[len(content) // 2] ^= 1
  damaged.write_bytes(content)
  source = ImageFolder(str(tmp_path / "images"))
  experiment = make_experiment(
    image_module,
    "unused.csv",
    module_trainable=trainable,
    train_input=source,
    eval_input=source,
  )
  with pytest.raises(
    (RunFailed, UserError), match=r"light/20\.png: the PNG is damaged at"
  ) as caught:
    runs.train(experiment, str(tmp_path / "run"))
  assert "\n" not in str(caught.value)
