"""Metrics over several batches are those of NumPy."""

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, runs
from hub_estimator.model import metrics
from hub_estimator.model_dir import read_json
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment, replace

ALL = [
  metrics.TopK(2),
  metrics.F1(),
  metrics.PerClass(["low", "middle", "high"]),
  metrics.ConfusionMatrix(cell_pixels=4),
]


@pytest.fixture(scope="module")
def run(dense, numbers_npz, tmp_path_factory):
  """Three classes, weighted by `weight`, evaluated in batches of 40."""
  folder = tmp_path_factory.mktemp("metrics")
  data = dict(np.load(numbers_npz))
  data["weight"] = np.linspace(0.5, 1.5, 96).astype(np.float32)
  np.savez(folder / "data.npz", **data)
  source = inputs.Npz(
    str(folder / "data.npz"), features=["x", "weight"], label="z"
  )
  experiment = replace(
    make_experiment(dense, numbers_npz),
    train_input=source,
    eval_input=source,
    head=heads.MultiClass(3, weight_column="weight"),
    metrics=ALL,
    eval_batch_size=40,
    exports=exporting.Exports(["best"], best_metric="f1"),
  )
  result = runs.train(experiment, str(folder / "run"))
  made = runs.make_estimator(experiment, str(folder / "run"))
  predictions = list(
    made.predict(lambda: tf.data.Dataset.from_tensors({"x": data["x"]}))
  )
  evaluated = runs.evaluate(str(folder / "run"), experiment=experiment)
  return folder / "run", data, predictions, result, evaluated


def _confusion(data, predictions):
  matrix = np.zeros((3, 3))
  for label, prediction, weight in zip(
    data["z"], predictions, data["weight"], strict=True
  ):
    matrix[label, prediction["class_ids"][0]] += weight
  return matrix


@pytest.mark.slow
def test_the_confusion_matrix_is_numpys(run):
  _, data, predictions, _, evaluated = run
  expected = _confusion(data, predictions)
  np.testing.assert_allclose(evaluated["confusion_matrix"], expected, rtol=1e-5)


@pytest.mark.slow
def test_recall_precision_and_f1_are_numpys(run):
  _, data, predictions, result, _ = run
  matrix = _confusion(data, predictions)
  hits = np.diag(matrix)
  recall = hits / matrix.sum(1)
  precision = hits / np.maximum(matrix.sum(0), 1e-9)
  f1 = 2 * hits / (matrix.sum(0) + matrix.sum(1))
  for i, name in enumerate(["low", "middle", "high"]):
    assert result.metrics[f"recall/{name}"] == pytest.approx(
      recall[i], rel=1e-5
    )
    assert result.metrics[f"precision/{name}"] == pytest.approx(
      precision[i], rel=1e-5
    )
  assert result.metrics["f1"] == pytest.approx(f1.mean(), rel=1e-5)


def test_top_k_is_numpys(run):
  _, data, predictions, result, _ = run
  ranked = np.argsort([p["probabilities"] for p in predictions], axis=1)
  hit = (ranked[:, -2:] == data["z"][:, None]).any(1)
  expected = (hit * data["weight"]).sum() / data["weight"].sum()
  assert result.metrics["top_2_accuracy"] == pytest.approx(expected, rel=1e-5)


def test_the_confusion_matrix_is_a_picture_for_tensorboard(run):
  path = run[0]
  pictures = [
    value.image
    for file in sorted((path / "eval").glob("events*"))
    for event in tf.train.summary_iterator(str(file))
    for value in event.summary.value
    if value.tag.startswith("confusion_matrix_image")
  ]
  assert len(pictures) == 2  # One an evaluation.
  assert (pictures[0].height, pictures[0].width) == (12, 12)


def test_a_version_can_be_the_best_by_an_added_metric(run):
  path, _, _, result, _ = run
  model = path / result.exports["best"]["model"]
  manifest = read_json(model / "assets.extra" / "manifest.json")
  assert manifest["metrics"]["f1"] == pytest.approx(
    result.best["f1"]["value"], rel=1e-6
  )
  assert not any("image" in name for name in manifest["metrics"])


def test_parts_have_their_gin_names_in_python():
  assert metrics.top_k is metrics.TopK
  assert metrics.f1 is metrics.F1
  assert metrics.per_class is metrics.PerClass
  assert metrics.confusion_matrix is metrics.ConfusionMatrix
