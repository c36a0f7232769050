"""Columns that the full model takes and returns as they are."""

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, runs
from hub_estimator.errors import UserError
from hub_estimator.exporting.serving import serialize
from hub_estimator.inputs import FeatureSpec
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment, replace


@pytest.fixture(scope="module")
def data(tmp_path_factory):
  rng = np.random.default_rng(0)
  x = rng.normal(size=(32, 4)).astype(np.float32)
  path = str(tmp_path_factory.mktemp("data") / "d.npz")
  np.savez(
    path,
    x=x,
    label=(x.sum(1) > 0).astype(np.int64),
    id=np.arange(100, 132),
    name=np.array([f"row {i}" for i in range(32)]),
    w=np.ones(32, np.float32),
    logits=x[:, 0],
  )
  return path


def _experiment(dense, data, *names, columns=("x", "id", "name"), **changes):
  source = inputs.Npz(data, features=list(columns))
  return replace(
    make_experiment(dense, data),
    train_input=source,
    eval_input=source,
    encoder=replace_inputs(make_experiment(dense, data).encoder),
    exports=exporting.Exports(["final"], pass_through=list(names)),
    **changes,
  )


def replace_inputs(encoder):
  return replace(encoder, adapter=replace(encoder.adapter, inputs={"x": "x"}))


@pytest.mark.slow
def test_ids_come_back_beside_their_predictions(dense, data, tmp_path):
  experiment = _experiment(dense, data, "id", "name")
  result = runs.train(experiment, tmp_path / "run")
  with np.load(data) as file:
    x = file["x"][:3]
  wanted = runs.predict(tmp_path / "run", {"x": x}, experiment=experiment)
  path = str(tmp_path / "run" / result.exports["final"]["model"])
  fed = {"x": x, "id": np.array([7, 9, 8]), "name": ["a", "ü", ""]}
  served = tf.saved_model.load_v2(path).signatures["serving_default"]
  found = served(
    x=tf.constant(x),
    id=tf.constant(fed["id"], tf.int64),
    name=tf.constant(fed["name"]),
  )
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], path)
    predict = loaded.signature_def["predict"]
    outputs = {n: t.name for n, t in predict.outputs.items()}
    in_session = session.run(
      outputs, {predict.inputs[n].name: value for n, value in fed.items()}
    )
    without = session.run(outputs, {predict.inputs["x"].name: x})
    specs = {"x": FeatureSpec("float32", (4,)), "id": FeatureSpec("int64")}
    by_examples = loaded.signature_def["examples:predict"]
    parsed = session.run(
      {n: t.name for n, t in by_examples.outputs.items()},
      {by_examples.inputs["examples"].name: serialize(fed, specs)},
    )
  assert in_session["id"].tolist() == parsed["id"].tolist() == [7, 9, 8]
  assert in_session["name"].tolist() == [b"a", "ü".encode(), b""]
  assert parsed["name"].tolist() == [b""] * 3
  assert without["id"].size == 0
  for got in (in_session, without, parsed):
    np.testing.assert_allclose(got["logits"], wanted["logits"], rtol=1e-5)
  if tf.executing_eagerly():
    assert found["id"].numpy().tolist() == [7, 9, 8]
  assert set(found) == set(in_session)


@pytest.mark.parametrize(
  ("names", "why"),
  [
    (["ids"], "names 'ids', which isn't in the data; did you mean 'id'"),
    (["x"], "'x', which has several values an example"),
    (["w"], "'w', which isn't in the data"),
    (["logits"], "names 'logits', and so is a prediction"),
  ],
)
def test_columns_that_cannot_be_passed_are_named_before_step_1(
  dense, data, names, why
):
  experiment = _experiment(
    dense,
    data,
    *names,
    columns=("x", "id", "w", "logits"),
    head=heads.Binary(weight_column="w"),
  )
  with pytest.raises(UserError, match=why):
    runs.check(experiment)
  with pytest.raises(UserError, match="must be a list: write .'id'."):
    exporting.Exports(pass_through="id")
