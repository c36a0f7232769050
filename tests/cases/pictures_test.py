"""Pictures and pixels on which something went wrong, and more of their kinds."""

import json
import pathlib
import shutil

import numpy as np
import pytest
from PIL import Image

from hub_estimator import exporting, heads, inputs, optimizers, runs, testing
from hub_estimator.errors import RunFailed, UserError
from hub_estimator.exporting import serving
from hub_estimator.pictures.formats import DECODES_WEBP
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import hub, tf
from tests.pictures.encoded import encode, exif
from tests.small_runs import make_experiment, replace

ROOT = pathlib.Path(__file__).parent.parent.parent
CASES = ROOT.parent / "shared" / "cases"
needs_cases = pytest.mark.skipif(
  not CASES.is_dir(), reason=f"the folder of cases, {CASES}, is absent"
)


@pytest.fixture(scope="module")
def module(tmp_path_factory):
  """Images [8, 8, 3] -> the means of their four quarters, [12]."""

  def module_fn():
    images = tf.placeholder(tf.float32, [None, 8, 8, 3])
    scale = tf.get_variable("scale", [12], initializer=tf.ones_initializer())
    quarters = tf.reshape(images, [-1, 2, 4, 2, 4, 3])
    means = tf.reshape(tf.reduce_mean(quarters, [2, 4]), [-1, 12])
    hub.add_signature(inputs={"image": images}, outputs=means * scale)

  path = tmp_path_factory.mktemp("m") / "quarters"
  return testing.export_module(str(path), module_fn)


def _experiment(module, source, **changes):
  experiment = make_experiment(
    module, "unused.csv", train_input=source, eval_input=source, **changes
  )
  return replace(
    experiment, max_steps=4, eval_every_steps=4, optimizer=optimizers.Adam(0.05)
  )


@pytest.fixture
def pixels(tmp_path):
  """Returns a function that stores the same pictures in some dtype."""
  values = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3))

  def store(make, name="d.npz"):
    path = str(tmp_path / name)
    labels = np.arange(20) % 2
    if name.endswith(".npz"):
      np.savez(path, image=make(values), label=labels)
    else:
      with open(path, "w") as file:
        for image, label in zip(make(values).tolist(), labels, strict=True):
          row = {"image": image, "label": int(label)}
          file.write(json.dumps(row) + "\n")
    return path

  return store


def _source(path):
  read = inputs.Npz if path.endswith(".npz") else inputs.Jsonl
  return read(path, features=["image"])


def _trained(module, path, model_dir, **changes):
  experiment = _experiment(module, _source(path), **changes)
  runs.train(experiment, str(model_dir))
  return runs.predict(str(model_dir), path, experiment=experiment)["logits"]


@pytest.mark.slow
@needs_cases
def test_the_same_pixels_in_any_dtype_train_and_predict_alike(module, tmp_path):
  files = {
    n: str(CASES / "pixels" / n) for n in ("u8.npz", "i64.npz", "f01.npz")
  }
  files["px.jsonl"] = str(CASES / "pixels" / "px.jsonl")
  found = {
    name: _trained(module, path, tmp_path / name, cache_features=False)
    for name, path in files.items()
  }
  for name, logits in found.items():
    np.testing.assert_allclose(
      logits, found["u8.npz"], rtol=1e-4, atol=1e-5, err_msg=name
    )
  assert np.abs(found["u8.npz"]).max() < 5


@needs_cases
def test_floats_beyond_one_are_refused(module):
  source = _source(str(CASES / "pixels" / "f255.npz"))
  why = "f255.npz: 'image': pixels are float32 from 0 to 255.*pixel_range"
  with pytest.raises(UserError, match=why):
    runs.check(_experiment(module, source))


@pytest.mark.parametrize(
  "make, why",
  [
    (lambda v: v.astype(np.uint16) * 257, "uint16 from .* to 65535"),
    (lambda v: (v / 127.5 - 1).astype(np.float32), "float32 from -1 to 1"),
    (lambda v: v / 25.5, "float32 from 0 to 10"),
    (lambda v: v - 128, "int64 from -128 to 127"),
    (lambda v: v % 2, "int64 of 0 and 1 alone"),
  ],
)
def test_other_pixels_are_refused_with_what_to_do(module, pixels, make, why):
  with pytest.raises(UserError, match=f"d.npz: 'image': pixels are {why}") as e:
    runs.check(_experiment(module, _source(pixels(make))))
  assert "adapter.pixel_range" in str(e.value) and "\n" not in str(e.value)


@pytest.mark.parametrize(
  "make, stated",
  [
    (lambda v: v.astype(np.uint8), None),
    (lambda v: v.astype(np.uint16), None),
    (lambda v: v.astype(np.int32), None),
    (lambda v: v / 255, None),
    (lambda v: (v / 255).astype(np.float16), None),
    (lambda v: v.astype(np.uint16) * 257, (0, 65535)),
    (lambda v: v / 127.5 - 1, (-1, 1)),
    (lambda v: v.astype(np.float32), (0.0, 255.0)),
  ],
)
def test_a_module_sees_the_same_whatever_the_dtype(
  module, pixels, make, stated
):
  path = pixels(make)
  found = runs.apply(module, path, adapter=adapters.Adapter(pixel_range=stated))
  images = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3)) / 255
  means = images.reshape(20, 2, 4, 2, 4, 3).mean(axis=(2, 4)).reshape(20, 12)
  np.testing.assert_allclose(found["default"], means, rtol=1e-3, atol=1e-3)


def test_apply_reads_lists_of_jsonl_as_what_they_are(module, pixels):
  wanted = runs.apply(module, pixels(lambda v: v.astype(np.uint8)))["default"]
  for make in (lambda v: v, lambda v: v / 255):
    found = runs.apply(module, pixels(make, "d.jsonl"))["default"]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_apply_names_the_row_of_pixels_beyond_the_range(module, pixels):
  def make(values):
    values[17, 0, 0, 0] = 256
    return values

  for name in ("d.npz", "d.jsonl"):
    with pytest.raises(UserError, match=f"{name}, row 18: 'image': pixels are"):
      runs.apply(module, pixels(make, name), batch_size=4)


@pytest.mark.slow
def test_predict_and_exports_hold_to_what_was_trained(module, pixels, tmp_path):
  path = pixels(lambda v: v)
  experiment = _experiment(
    module, _source(path), exports=exporting.Exports(["final"])
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  logits = runs.predict(str(tmp_path / "run"), path, experiment=experiment)
  with np.load(path) as file:
    images = file["image"]
  with tf.Graph().as_default(), tf.Session() as session:
    model = str(tmp_path / "run" / result.exports["final"]["model"])
    loaded = tf.saved_model.load(session, ["serve"], model)
    signature = loaded.signature_def["predict"]

    def serve(values):
      return session.run(
        signature.outputs["logits"].name,
        {signature.inputs["image"].name: values},
      )

    np.testing.assert_allclose(serve(images), logits["logits"], rtol=1e-5)
    with pytest.raises(
      tf.errors.InvalidArgumentError, match="int64 from 0 to 255"
    ):
      serve(images * 2)
  # The same run never reads floats.
  with pytest.raises(UserError, match="is wanted"):
    runs.predict(
      str(tmp_path / "run"),
      pixels(lambda v: v / 255, "f.npz"),
      experiment=experiment,
    )
  bad = images.copy()
  bad[3] = 999
  with pytest.raises(UserError, match="row 4: 'image': pixels are int64"):
    runs.predict(str(tmp_path / "run"), {"image": bad}, experiment=experiment)
  # A run of an earlier version left these pixels as they were.
  manifest = tmp_path / "run" / "manifest.json"
  old = json.loads(manifest.read_text())
  assert old.pop("images") == {"image": {"pixels": [0.0, 255.0]}}
  manifest.write_text(json.dumps(old))
  with pytest.raises(UserError, match=r"set adapter.pixel_range = \(0, 1\)"):
    runs.predict(str(tmp_path / "run"), path, experiment=experiment)


@pytest.mark.slow
def test_integers_for_a_run_on_floats_are_refused(module, pixels, tmp_path):
  path = pixels(lambda v: v / 255)
  experiment = _experiment(module, _source(path))
  runs.train(experiment, str(tmp_path / "run"))
  for rows in (
    pixels(lambda v: v.astype(np.uint8), "u.npz"),
    pixels(lambda v: v % 2, "i.npz"),
    {"image": np.zeros((2, 8, 8, 3), np.uint8)},
  ):
    with pytest.raises(UserError, match="divide them by 255"):
      runs.predict(str(tmp_path / "run"), rows, experiment=experiment)
  with pytest.raises(UserError, match="d.jsonl, row 1: 'image': pixels"):
    runs.predict(
      str(tmp_path / "run"),
      pixels(lambda v: v, "d.jsonl"),
      experiment=experiment,
    )


def test_an_example_beyond_uint8_is_refused_in_the_served_graph():
  specs = {"image": inputs.FeatureSpec("uint8", (1,))}
  big = serving.serialize(
    {"image": np.array([[300]])},
    {"image": inputs.FeatureSpec("int64", (1,))},
  )
  with tf.Graph().as_default(), tf.Session() as session:
    receiver = serving.make_serving_input_fn(specs)()
    fed = receiver.receiver_tensors_alternatives["examples"]["examples"]
    with pytest.raises(
      tf.errors.InvalidArgumentError, match="feature image is uint8"
    ):
      session.run(receiver.features, {fed: big})


@needs_cases
def test_a_module_sees_pictures_as_viewers_show_them(module, tmp_path):
  shutil.copytree(CASES / "images", tmp_path / "images")
  (tmp_path / "images").chmod(0o755)
  if not DECODES_WEBP:
    with pytest.raises(UserError, match="12_webp.webp: a WebP picture, which"):
      runs.apply(module, str(tmp_path / "images"))
    (tmp_path / "images" / "12_webp.webp").unlink()
  found = runs.apply(module, str(tmp_path / "images"))
  seen = dict(zip(found["file"].tolist(), found["default"], strict=True))
  for stored, plain in (
    ("02_exif3.jpg", "01_plain.jpg"),
    ("02_exif6.jpg", "01_plain.jpg"),
    ("10_pal.bmp", "10.bmp"),
    ("14_png_named.jpg", "00_plain.png"),
  ):
    np.testing.assert_array_equal(seen[stored], seen[plain], err_msg=stored)
  # Red below, and hidden by full transparency.
  for name in ("05_rgba_transparent_black.png", "06_palette_transp.png"):
    with Image.open(CASES / "images" / name) as image:
      rgba = image.convert("RGBA")
    white = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    size = (rgba.size[1] // 2, rgba.size[0] // 2)
    quarters = np.asarray(white.convert("RGB")) / 255
    means = quarters.reshape(2, size[0], 2, size[1], 3).mean(axis=(1, 3))
    np.testing.assert_allclose(seen[name], means.ravel(), atol=0.04)


@pytest.fixture
def folder(tmp_path):
  """Dark and light pictures of every kind, named, nested and stored oddly."""
  root = tmp_path / "odd"
  for name, color in (("dark", 40), ("light", 220)):
    image = Image.new("RGB", (12, 9), (color, color, color))
    (root / name / "nested" / "deep").mkdir(parents=True)
    for path, content in {
      "a.jfif": encode(image, "JPEG"),
      "no_ending": encode(image, "PNG"),
      "b.bmp": encode(image.convert("P"), "BMP"),
      "c.png.txt": encode(image, "PNG", exif=exif(6)),
      "nested/d.gif": encode(image, "GIF"),
      "nested/deep/e.jpg": encode(image, "JPEG") + b"after its end" * 30,
      "one_bit.bmp": encode(image.convert("1"), "BMP"),
      "notes.txt": b"BMP files are described here, at some length.",
    }.items():
      (root / name / path).write_bytes(content)
  return root


def test_odd_files_are_read_and_ignored_ones_counted(folder, caplog):
  examples = inputs.ImageFolder(str(folder)).read()
  assert np.bincount(examples.labels).tolist() == [7, 7]
  assert examples.skipped == 0
  assert "14 images; ignored 2 files" in caplog.text
  assert "2 .txt" in caplog.text
  assert [note.split(";")[0] for note in examples.notes] == ["14 images"]


@needs_cases
def test_a_jpeg_damaged_in_its_middle_is_named_or_skipped():
  root = CASES / "folders" / "damaged_middle"
  with pytest.raises(UserError, match=r"cat/000\.jpg: ") as caught:
    inputs.ImageFolder(str(root)).read()
  assert "\n" not in str(caught.value)
  examples = inputs.ImageFolder(str(root), bad_records="skip").read()
  assert (len(examples), examples.skipped) == (11, 1)


def test_an_unknown_choice_of_check_images_is_refused():
  with pytest.raises(UserError, match="check_images is 'some'"):
    inputs.ImageFolder("x", check_images="some")


def _damage(path):
  """Damages a JPEG's tables; both of its ends stay right."""
  content = bytearray(path.read_bytes())
  tables = content.index(b"\xff\xc4")
  content[tables + 5 : tables + 15] = b"\xff" * 10
  path.write_bytes(content)


@pytest.mark.slow
def test_training_and_predict_name_a_damaged_file(module, folder, tmp_path):
  source = inputs.ImageFolder(str(folder), check_images="none")
  experiment = replace(
    _experiment(module, source, cache_features=False), head=heads.Binary()
  )
  runs.train(experiment, str(tmp_path / "run"))
  found = runs.predict(
    str(tmp_path / "run"), str(folder), experiment=experiment
  )
  assert found["file"].tolist()[:2] == ["dark/a.jfif", "dark/b.bmp"]
  assert len(found["file"]) == len(found["logits"]) == 14
  _damage(folder / "light" / "a.jfif")
  why = r"light/a\.jfif: the image can't be decoded"
  with pytest.raises(UserError, match=why) as caught:
    runs.predict(
      str(tmp_path / "run"), str(folder), experiment=experiment, batch_size=3
    )
  assert "\n" not in str(caught.value)
  with pytest.raises(RunFailed, match=why) as failed:
    runs.train(experiment, str(tmp_path / "again"))
  assert "\n" not in str(failed.value)


def test_encoded_pictures_of_an_array_are_named_by_their_row(module, tmp_path):
  whole = encode(Image.new("RGB", (9, 9)), "JPEG")
  (tmp_path / "x.jpg").write_bytes(whole)
  _damage(tmp_path / "x.jpg")
  rows = [whole, whole, (tmp_path / "x.jpg").read_bytes(), whole]

  class Source:
    def read(self):
      return inputs.Examples(
        {"image": inputs.strings(rows)}, np.arange(4) % 2, "records"
      )

  with pytest.raises(UserError, match="records, example 2: 'image': the image"):
    runs.check(_experiment(module, Source()))
