"""Metric learning brings nearest neighbours together, in the exported module too."""

import shutil

import numpy as np
import pytest
from hub_estimator.examples import contrastive, efficientnet, fashion

import hub_estimator.experiments  # noqa: F401  Registers the parts.
from hub_estimator import config, runs
from hub_estimator.tensorflow_runtime import tf


def _loss(embeddings, labels, temperature):
  """Equation 2 of the paper, term by term."""
  z = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
  total = 0.0
  for i in range(len(z)):
    others = [a for a in range(len(z)) if a != i]
    same = [p for p in others if labels[p] == labels[i]]
    if same:
      norm = sum(np.exp(z[i] @ z[a] / temperature) for a in others)
      shares = [np.exp(z[i] @ z[p] / temperature) / norm for p in same]
      total -= sum(np.log(share) for share in shares) / len(same)
  return total / len(z)


def test_the_loss_is_that_of_the_paper():
  rng = np.random.default_rng(0)
  embeddings = rng.normal(size=(7, 3)).astype(np.float32)
  labels = np.array([0, 0, 1, 1, 1, 2, 0])
  with tf.Graph().as_default(), tf.Session() as session:
    loss, predictions, _ = contrastive.supervised_contrastive(
      {"image": {"default": tf.constant(embeddings)}},
      tf.constant(labels),
      temperature=0.5,
    )
    loss, z = session.run([loss, predictions["embedding"]])
  assert loss == pytest.approx(_loss(embeddings, labels, 0.5), rel=1e-5)
  np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, rtol=1e-5)


def _neighbour_accuracy(handle, path, labels):
  vectors = runs.apply(handle, str(path))["default"]
  vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
  cosines = vectors @ vectors.T
  np.fill_diagonal(cosines, -1)
  return (labels[cosines.argmax(axis=1)] == labels).mean()


@pytest.mark.slow
@pytest.mark.newest
def test_the_exported_module_beats_the_pretrained_one(tmp_path):
  if not shutil.which("apt-get"):
    pytest.skip("Fashion-MNIST is Debian's package, and here is no apt-get")
  config.parse(
    ["runs/contrastive.gin"],
    [
      "MAX_STEPS = 40",
      "EVAL_EVERY_STEPS = 40",
      "eval/examples.fashion_mnist.n_examples = 400",
    ],
  )
  result = runs.train(
    config.build("run"), tmp_path, config_text=config.run_text()
  )
  held_out = fashion.FashionMnist("eval", 400).read()
  labels = np.asarray(held_out.labels)
  np.savez(tmp_path / "x.npz", image=held_out.features["image"][:])
  before, after = (
    _neighbour_accuracy(handle, tmp_path / "x.npz", labels)
    for handle in (
      efficientnet.efficientnet_lite0(image_size=64),
      str(tmp_path / result.exports["latest"]["module"] / "module"),
    )
  )
  assert after == pytest.approx(result.metrics["neighbour_accuracy"], abs=0.005)
  assert after > before + 0.02
