import json

import numpy as np
import pytest
from PIL import Image

from hub_estimator import heads, optimizers, runs, testing
from hub_estimator.errors import RunFailed, UserError
from hub_estimator.inputs import Csv, FeatureSpec, ImageTable, Jsonl, file_paths
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment, replace

COVERS = ("image_checks", "other_files")


@pytest.fixture
def table(tmp_path):
  """Twenty dark and twenty light images in folders, and a table of them."""
  rng = np.random.default_rng(0)
  lines = ["path,weight,label"]
  for i in range(40):
    low, name = (128, "light") if i % 2 else (0, "dark")
    pixels = rng.integers(low, low + 128, (5 + i % 4, 6, 3), np.uint8)
    file = tmp_path / f"images/{i // 10}/{i}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)
    lines.append(f"images/{i // 10}/{i}.png,{i},{name}")
  path = tmp_path / "table.csv"
  path.write_text("\n".join(lines) + "\n")
  return path


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


def _experiment(image_module, source, **kwargs):
  return replace(
    make_experiment(image_module, "unused.npz"),
    train_input=ImageTable(source, **kwargs),
    eval_input=ImageTable(source, **kwargs),
    head=heads.MultiClass(),
    optimizer=optimizers.Adam(0.5),
  )


def test_images_take_the_place_of_paths(table):
  examples = ImageTable(Csv(str(table))).read()
  assert examples.specs() == {
    "image": FeatureSpec("string"),
    "weight": FeatureSpec("int64"),
  }
  assert examples.labels.tolist()[:2] == [b"dark", b"light"]
  features, _ = examples.take(np.array([7, 0]))
  for content, i in zip(features["image"], (7, 0), strict=True):
    assert content == (table.parent / f"images/0/{i}.png").read_bytes()
  assert features["weight"].tolist() == [7, 0]
  paths = file_paths(examples.features["image"])
  assert paths[0] == str(table.parent / "images/0/0.png")


def test_a_table_of_any_reader_names_files_anywhere(table, tmp_path):
  other = tmp_path / "elsewhere" / "table.jsonl"
  other.parent.mkdir()
  rows = [{"file": f"{i // 10}/{i}.png", "label": i % 2} for i in range(40)]
  other.write_text("\n".join(map(json.dumps, rows)))
  examples = ImageTable(
    Jsonl(str(other)),
    path_column="file",
    folder=str(tmp_path / "images"),
  ).read()
  assert len(examples.features["image"][:]) == 40


@pytest.mark.parametrize("check_images", ["all", "none"])
@pytest.mark.parametrize(
  ("content", "why"),
  [
    (None, "no such file"),
    (b"no image", "not a JPEG, PNG, GIF, BMP or WebP image"),
  ],
)
def test_a_bad_file_is_named_with_its_row_or_left_out(
  table, content, why, check_images
):
  file = table.parent / "images/0/3.png"
  file.unlink()
  if content is not None:
    file.write_bytes(content)
  source = Csv(str(table))
  with pytest.raises(
    UserError, match=rf"table.csv, example 3: .*3\.png: {why}"
  ) as error:
    ImageTable(source, check_images=check_images).read()
  assert "\n" not in str(error.value)
  examples = ImageTable(
    source, bad_records="skip", check_images=check_images
  ).read()
  assert (len(examples), examples.skipped, examples.lines) == (39, 1, 41)
  assert examples.features["weight"][:].tolist() == [
    i for i in range(40) if i != 3
  ]


def test_a_table_of_missing_files_alone_is_refused(table):
  source = Csv(str(table))
  with pytest.raises(UserError, match="no images that can be read"):
    ImageTable(source, folder="/none", bad_records="skip").read()


@pytest.mark.parametrize(
  ("make", "why"),
  [
    (lambda s: ImageTable(s, path_column="paht"), "doesn't exist .*'path'"),
    (lambda s: ImageTable(s, path_column="weight"), "isn't text in"),
    (lambda s: ImageTable("a.csv"), "is an input with a path, such as @inp"),
    (lambda s: ImageTable(s, check_images="some"), "'some': .*sample"),
    (lambda s: ImageTable(s, bad_records="skp"), "did you mean 'skip'"),
  ],
)
def test_a_problem_is_reported(table, make, why):
  with pytest.raises(UserError, match=why):
    make(Csv(str(table))).read()


def test_tables_in_several_folders_need_the_folder_of_images(table, tmp_path):
  (tmp_path / "b").mkdir()
  (tmp_path / "b" / "table.csv").write_text(table.read_text())
  source = Csv([str(table), str(tmp_path / "b" / "table.csv")])
  with pytest.raises(UserError, match="image_table.folder isn't set"):
    ImageTable(source).read()
  assert len(ImageTable(source, folder=str(tmp_path)).read()) == 80


@pytest.mark.slow
def test_a_run_trains_on_a_table_and_predicts_for_another(
  table, image_module, tmp_path
):
  source = Csv(str(table), features=["path"])
  experiment = _experiment(image_module, source)
  result = runs.train(experiment, str(tmp_path / "run"))
  assert result.metrics["accuracy"] == 1.0
  new = tmp_path / "new.csv"
  new.write_text("id,path\n7,images/0/1.png\n8,images/0/0.png\n")
  with (tmp_path / "out").open("w") as output:
    runs.write_predictions(
      str(tmp_path / "run"),
      input_path=str(new),
      output=output,
      experiment=experiment,
      keep=["id"],
    )
  lines = [json.loads(line) for line in (tmp_path / "out").open()]
  assert [line["classes"] for line in lines] == [["light"], ["dark"]]
  assert [line["id"] for line in lines] == [7, 8]
  assert lines[0]["file"] == str(tmp_path / "images/0/1.png")


@pytest.mark.slow
def test_an_image_that_is_damaged_during_a_run_is_named(
  table, image_module, tmp_path
):
  file = table.parent / "images/0/3.png"
  whole = file.read_bytes()
  # Its middle; a check of headers alone doesn't see it.
  file.write_bytes(whole[:60] + b"\0" * 8 + whole[68:])
  experiment = _experiment(
    image_module, Csv(str(table), features=["path"]), check_images="none"
  )
  with pytest.raises((RunFailed, UserError), match=r"3\.png"):
    runs.train(experiment, str(tmp_path / "run"))
