"""Inputs on which classes, columns or weights went wrong; each ends as it should."""

import pathlib
import shutil

import numpy as np
import pytest

from hub_estimator import heads, inputs, optimizers, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment, replace

ROOT = pathlib.Path(__file__).parent.parent.parent
CASES = ROOT.parent / "shared" / "cases"
_COLORS = {
  "cat": (200, 20, 20),
  "dog": (20, 200, 20),
  "emu": (20, 20, 200),
  "fox": (200, 200, 20),
  "yak": (20, 200, 200),
}


@pytest.fixture(scope="module")
def pixels(tmp_path_factory):
  """A module whose output are the pixels of 8x8 images."""

  def module_fn():
    images = tf.placeholder(tf.float32, [None, 8, 8, 3])
    scale = tf.get_variable("scale", [1], initializer=tf.ones_initializer())
    hub.add_signature(
      inputs={"images": images}, outputs=tf.reshape(images, [-1, 192]) * scale
    )

  path = tmp_path_factory.mktemp("m") / "pixels"
  return testing.export_module(str(path), module_fn)


def _folder(root, *classes, files=4):
  """Makes a folder of PNGs, each class of its own color."""
  rng = np.random.default_rng(0)
  with tf.Graph().as_default(), tf.Session() as session:
    image = tf.placeholder(tf.uint8, [8, 8, 3])
    png = tf.io.encode_png(image)
    for name in classes:
      (root / name).mkdir(parents=True)
      for i in range(files):
        noise = rng.integers(0, 9, (8, 8, 3))
        content = session.run(png, {image: np.array(_COLORS[name]) + noise})
        (root / name / f"{i}.png").write_bytes(content)
  return str(root)


def _experiment(module, train, evaluation, **changes):
  fields = {
    "head": heads.MultiClass(),
    "optimizer": optimizers.Adam(0.1),
    "max_steps": 20,
    "eval_every_steps": 20,
  }
  read = [
    inputs.ImageFolder(str(source))
    if isinstance(source, str | pathlib.Path)
    else source
    for source in (train, evaluation)
  ]
  return replace(
    make_experiment(module, "unused.npz"),
    train_input=read[0],
    eval_input=read[1],
    **{**fields, **changes},
  )


@pytest.fixture(scope="module")
def animals(pixels, tmp_path_factory):
  """A run of cat, dog and emu, and the folder that it was trained on."""
  root = tmp_path_factory.mktemp("animals")
  train = _folder(root / "train", "cat", "dog", "emu")
  experiment = _experiment(pixels, train, train)
  runs.train(experiment, root / "run")
  return experiment, root


def _evaluate(animals, folder):
  experiment, root = animals
  source = inputs.ImageFolder(str(folder))
  return runs.evaluate(
    root / "run", experiment=replace(experiment, eval_input=source)
  )


@pytest.mark.parametrize(
  "evaluation",
  [pytest.param("val_all", marks=pytest.mark.slow), "val_nocat"],
)
def test_an_evaluation_folder_is_matched_by_name(pixels, tmp_path, evaluation):
  if not CASES.is_dir():
    pytest.skip(f"there is no folder of cases, {CASES}")
  folders = CASES / "folders"
  experiment = _experiment(pixels, folders / "train", folders / evaluation)
  assert runs.train(experiment, tmp_path).metrics["accuracy"] == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
  "classes", [("dog", "emu"), ("cat", "emu"), ("emu",), ("emu", "cat", "dog")]
)
def test_any_part_of_the_classes_is_evaluated_by_name(
  animals, tmp_path, classes
):
  folder = _folder(tmp_path / "val", *classes)
  assert _evaluate(animals, folder)["accuracy"] == 1.0


def test_a_folder_more_is_refused_by_name(animals, tmp_path):
  folder = _folder(tmp_path / "val", "cat", "dog", "emu", "fox")
  with pytest.raises(UserError, match="class 'fox', with 4 examples"):
    _evaluate(animals, folder)
  with pytest.raises(UserError, match="class 'fox', with 4 examples"):
    runs.check(replace(animals[0], eval_input=inputs.ImageFolder(folder)))


def test_a_renamed_folder_is_refused_by_name(animals, tmp_path):
  folder = tmp_path / "val"
  shutil.copytree(animals[1] / "train", folder)
  (folder / "cat").rename(folder / "kitten")
  with pytest.raises(UserError, match="class 'kitten'.*cat, dog, emu"):
    _evaluate(animals, folder)


@pytest.mark.slow
def test_resuming_with_a_folder_less_keeps_the_ids(animals, tmp_path):
  experiment, root = animals
  shutil.copytree(root / "run", tmp_path / "run")
  folder = _folder(tmp_path / "train", "dog", "emu")
  less = inputs.ImageFolder(folder)
  result = runs.train(
    replace(experiment, train_input=less, eval_input=less, max_steps=22),
    tmp_path / "run",
  )
  assert result.metrics["accuracy"] == 1.0


def test_resuming_with_a_folder_more_is_refused(animals, tmp_path):
  experiment, root = animals
  folder = _folder(tmp_path / "train", "cat", "dog", "emu", "fox")
  with pytest.raises(UserError, match="class 'fox'"):
    runs.check_run(
      replace(experiment, train_input=inputs.ImageFolder(folder)), root / "run"
    )


@pytest.mark.slow
def test_a_mix_of_folders_with_different_classes_is_one(pixels, tmp_path):
  parts = [
    inputs.ImageFolder(_folder(tmp_path / "one", "cat", "emu")),
    inputs.ImageFolder(_folder(tmp_path / "two", "dog", "fox", "yak")),
  ]
  every = _folder(tmp_path / "all", "yak", "fox", "emu", "dog", "cat")
  experiment = _experiment(pixels, inputs.Mix(parts), every, max_steps=60)
  assert runs.train(experiment, tmp_path / "run").metrics["accuracy"] == 1.0


def test_predictions_of_a_folder_have_names_of_classes_and_files(animals):
  experiment, root = animals
  found = runs.predict(
    root / "run", str(root / "train"), experiment=experiment, batch_size=5
  )
  files = found["file"].tolist()
  assert files[0] == "cat/0.png" and len(files) == 12
  classes = [name.decode() for name in found["classes"].ravel()]
  assert classes == [file.split("/")[0] for file in files]


def test_a_split_that_takes_a_whole_class_is_reported(pixels, tmp_path):
  folder = _folder(tmp_path / "all", "cat", "dog", "emu")
  train = inputs.ImageFolder(folder, "train", eval_percent=70)
  checked = runs.check(_experiment(pixels, train, replace(train, split="eval")))
  counts = checked.schema.labels["label"].counts
  without = [name for name, count in counts["train"].items() if not count]
  warnings = [line.text for line in checked.report.lines if line.is_warning]
  for name in without:
    assert any(repr(name) in text for text in warnings)
  assert without or sum(counts["train"].values()) < 12


def test_a_head_of_too_few_classes_names_those_of_the_data(animals):
  with pytest.raises(UserError, match="has 2 classes, .* has 3: cat, dog, emu"):
    runs.check(replace(animals[0], head=heads.Binary()))


def test_a_folder_of_one_class_can_not_be_trained_on(animals, tmp_path):
  folder = inputs.ImageFolder(_folder(tmp_path / "train", "cat"))
  with pytest.raises(UserError, match="has 1 class: cat; two at least"):
    runs.check(replace(animals[0], train_input=folder, eval_input=folder))


@pytest.mark.slow
def test_a_vocabulary_in_another_order_numbers_the_folders(pixels, tmp_path):
  folder = _folder(tmp_path / "train", "cat", "dog", "emu")
  head = heads.MultiClass(label_vocabulary=["emu", "cat", "dog"])
  runs.train(_experiment(pixels, folder, folder, head=head), tmp_path / "run")
  found = runs.predict(
    tmp_path / "run",
    folder,
    experiment=_experiment(pixels, folder, folder, head=head),
  )
  assert found["classes"].ravel().tolist()[::4] == [b"cat", b"dog", b"emu"]
  assert found["class_ids"].ravel().tolist()[::4] == [1, 2, 0]


def test_a_run_without_a_schema_is_matched_by_its_training_data(
  animals, tmp_path
):
  experiment, root = animals
  shutil.copytree(root / "run", tmp_path / "run")
  (tmp_path / "run" / "schema.json").unlink()
  old = replace(experiment, head=heads.MultiClass(3))
  folder = _folder(tmp_path / "val", "emu")
  metrics = runs.evaluate(
    tmp_path / "run",
    experiment=replace(old, eval_input=inputs.ImageFolder(folder)),
  )
  assert metrics["accuracy"] == 1.0
