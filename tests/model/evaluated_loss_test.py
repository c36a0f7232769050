"""The loss of an evaluation is NumPy's mean over examples, by weight."""

import numpy as np
import pytest

from hub_estimator import heads, runs
from hub_estimator.model.evaluated_loss import EXAMPLES_LOSS, add_loss
from hub_estimator.tensorflow_runtime import estimator, tf
from tests.small_runs import make_experiment, replace

_N = 97
# The last batch of 96, 64 or 10 holds 1, 33 or 7 examples.
SIZES = (96, 64, 10, 1, 97, 500)


def _softplus(x):
  return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _sigmoid_loss(logits, labels):
  return _softplus(logits[:, 0]) - labels * logits[:, 0]


def _softmax_loss(logits, labels):
  top = logits.max(axis=1, keepdims=True)
  norm = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1))
  return norm - logits[np.arange(_N), labels]


# Head, width of the logits, labels, the loss of each example by NumPy.
_RNG = np.random.default_rng(1)
CASES = {
  "binary": (
    heads.Binary,
    1,
    _RNG.integers(0, 2, _N),
    _sigmoid_loss,
  ),
  "binary with a threshold": (
    lambda **k: heads.Binary(threshold=0.3, **k),
    1,
    _RNG.integers(0, 2, _N),
    _sigmoid_loss,
  ),
  "multi_class": (
    lambda **k: heads.MultiClass(3, **k),
    3,
    _RNG.integers(0, 3, _N),
    _softmax_loss,
  ),
  "multi_label": (
    lambda **k: heads.MultiLabel(2, **k),
    2,
    _RNG.integers(0, 2, (_N, 2)),
    lambda z, y: (_softplus(z) - y * z).mean(axis=1),
  ),
  "regression": (
    heads.Regression,
    1,
    _RNG.normal(size=_N).astype(np.float32),
    lambda z, y: (z[:, 0] - y) ** 2,
  ),
  "regression of two numbers": (
    lambda **k: heads.Regression(2, **k),
    2,
    _RNG.normal(size=(_N, 2)).astype(np.float32),
    lambda z, y: ((z - y) ** 2).mean(axis=1),
  ),
  "logistic_regression": (
    heads.LogisticRegression,
    1,
    _RNG.uniform(0, 1, _N).astype(np.float32),
    _sigmoid_loss,
  ),
  "poisson_regression": (
    heads.PoissonRegression,
    1,
    _RNG.integers(0, 2, _N).astype(np.float32),
    lambda z, y: np.exp(z[:, 0]) - y * z[:, 0],
  ),
}
LOGITS = {
  width: _RNG.normal(scale=2, size=(_N, width)).astype(np.float32)
  for width in (1, 2, 3)
}
for _logits in LOGITS.values():
  _logits[-1] *= 10  # The last example is far off.
W = _RNG.uniform(0, 3, _N).astype(np.float32)
V = _RNG.uniform(0, 1, _N).astype(np.float32)


def _evaluate(head, logits, labels):
  """Yields the metrics of logits that are evaluated in batches of 10 and 96."""
  arrays = {"logits": logits, "labels": labels, "w": W, "v": V}
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    batch_size = tf.placeholder(tf.int64, [])
    iterator = tf.data.make_initializable_iterator(
      tf.data.Dataset.from_tensor_slices(arrays).batch(batch_size)
    )
    batch = iterator.get_next()
    built = head.build()
    spec = built.create_estimator_spec(
      features=batch,
      mode=estimator.ModeKeys.EVAL,
      logits=batch["logits"],
      labels=batch["labels"],
    )
    spec = add_loss(
      spec,
      head=head,
      built=built,
      logits=batch["logits"],
      features=batch,
      labels=batch["labels"],
    )
    named = {
      name: metric
      for name, metric in spec.eval_metric_ops.items()
      if "loss" in name
    }
    values, updates = {}, []
    for name, metric in named.items():
      plain = isinstance(metric, tuple)
      values[name] = metric[0] if plain else metric.result()
      updates.append(metric[1] if plain else metric.updates)
    initializers = [
      tf.global_variables_initializer(),
      tf.local_variables_initializer(),
      *(
        variable.initializer
        for metric in named.values()
        if not isinstance(metric, tuple)
        for variable in metric.variables
      ),
    ]
    for size in (10, 96):
      session.run(initializers)
      session.run(iterator.initializer, {batch_size: size})
      for _ in range(-(-_N // size)):
        session.run(updates)
      yield session.run(values)


@pytest.mark.slow
@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("kind", CASES)
def test_the_loss_is_numpys_mean_over_examples_by_weight(kind, weight):
  make, width, labels, loss = CASES[kind]
  by_example = loss(LOGITS[width].astype(np.float64), labels)
  expected = np.average(by_example, weights=W if weight else None)
  head = make(weight_column=weight)
  for metrics in _evaluate(head, LOGITS[width], labels):
    assert metrics[EXAMPLES_LOSS] == pytest.approx(expected, rel=2e-6)


@pytest.mark.slow
def test_the_loss_of_several_heads_is_the_weighted_sum_of_their_means():
  head = heads.Multi(
    {
      "a": heads.Binary(weight_column="w"),
      "b": heads.Regression(2, weight_column="v"),
      "c": heads.MultiClass(3),
    },
    weights={"b": 0.25},
  )
  kinds = {"a": "binary", "b": "regression of two numbers", "c": "multi_class"}
  weights = {"a": W, "b": V, "c": None}
  logits = {n: LOGITS[CASES[k][1]] for n, k in kinds.items()}
  labels = {n: CASES[k][2] for n, k in kinds.items()}
  means = {
    n: np.average(CASES[k][3](logits[n].astype(float), labels[n]), weights=w)
    for (n, k), w in zip(kinds.items(), weights.values(), strict=True)
  }
  for metrics in _evaluate(head, logits, labels):
    for name, mean in means.items():
      assert metrics[f"loss/{name}"] == pytest.approx(mean, rel=2e-6)
    assert metrics[EXAMPLES_LOSS] == pytest.approx(
      means["a"] + 0.25 * means["b"] + means["c"], rel=2e-6
    )


class _PlainHead(estimator.RegressionHead):
  """A head without `average_loss`, as somebody's own could be."""

  def update_metrics(self, *args, **kwargs):
    metrics = super().update_metrics(*args, **kwargs)
    return {k: v for k, v in metrics.items() if "average_loss" not in k}


class _Own:
  def build(self, name=None):
    return _PlainHead(name=name)

  def check_labels(self, labels):
    pass


def test_the_loss_of_a_head_without_an_average_is_by_batch_size():
  _, width, labels, loss = CASES["regression"]
  expected = loss(LOGITS[width].astype(float), labels).mean()
  two = {"x": LOGITS[width], "y": LOGITS[width]}
  for metrics in _evaluate(_Own(), LOGITS[width], labels):
    assert metrics[EXAMPLES_LOSS] == pytest.approx(expected, rel=2e-6)
  head = heads.Multi({"x": _Own(), "y": heads.Regression()})
  for metrics in _evaluate(head, two, {"x": labels, "y": labels}):
    assert metrics["loss/x"] == pytest.approx(expected, rel=2e-6)
    assert metrics[EXAMPLES_LOSS] == pytest.approx(2 * expected, rel=2e-6)


@pytest.mark.parametrize(
  "trainable", [pytest.param(True, marks=pytest.mark.slow), False]
)
def test_a_run_reports_the_same_loss_in_any_batch_size(
  dense, tmp_path, trainable
):
  x = _RNG.normal(size=(_N, 4)).astype(np.float32)
  x[-1] *= 20
  labels = (x.sum(axis=1) < 0).astype(np.int64)
  np.savez(tmp_path / "data.npz", x=x, label=labels)
  experiment = replace(
    make_experiment(
      dense, str(tmp_path / "data.npz"), module_trainable=trainable
    ),
    eval_batch_size=96,
  )
  path = tmp_path / "run"
  result = runs.train(experiment, str(path))
  predicted = runs.predict(path, {"x": x}, experiment=experiment)
  expected = _sigmoid_loss(predicted["logits"].astype(float), labels).mean()
  assert result.metrics["loss"] == pytest.approx(expected, rel=1e-5)
  assert result.best["loss"]["value"] == pytest.approx(
    min(e["loss"] for e in runs.read_run(path).evaluations().values())
  )
  for size in SIZES if trainable else (10,):
    metrics = runs.evaluate(
      path, experiment=replace(experiment, eval_batch_size=size)
    )
    assert metrics["loss"] == pytest.approx(expected, rel=1e-5)
    assert EXAMPLES_LOSS not in metrics
