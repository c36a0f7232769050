import dataclasses

import numpy as np
import pytest

from hub_estimator import (
  exporting,
  heads,
  inputs,
  modules,
  optimizers,
  runs,
  testing,
)
from hub_estimator.errors import UserError
from hub_estimator.model import encoders
from hub_estimator.model.encoders import Concat, Encoder, Taps, Towers
from hub_estimator.modules import ModuleSource
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment, replace


@pytest.fixture(scope="module")
def pairs_npz(tmp_path_factory):
  """64 pairs, a and b float32 [4]; near is 1 where they agree, gap a number."""
  rng = np.random.default_rng(0)
  a = rng.normal(size=(64, 4)).astype(np.float32)
  near = rng.integers(0, 2, 64)
  b = np.where(near[:, None] == 1, a, rng.normal(size=(64, 4)))
  path = tmp_path_factory.mktemp("data") / "pairs.npz"
  np.savez(
    path,
    a=a,
    b=b.astype(np.float32),
    near=near,
    gap=np.abs(a - b).sum(1),
    weight=rng.uniform(0, 1, 64).astype(np.float32),
  )
  return str(path)


def _experiment(handle, data, encoder, **changes):
  source = inputs.Npz(
    data,
    features=changes.pop("features", ["a", "b"]),
    label=changes.pop("label", "near"),
  )
  changes = {"train_input": source, "eval_input": source, **changes}
  return replace(make_experiment(handle, data), encoder=encoder, **changes)


def _head_input(experiment):
  """Returns the encoder's output for all examples, and the data."""
  checked = runs.check(experiment)
  data = np.load(experiment.train_input.path)
  seen = []
  original = experiment.encoder.combine

  class Spy:  # The encoder itself, with its result kept.
    applications = staticmethod(experiment.encoder.applications)

    @staticmethod
    def combine(outputs, features):
      seen.append(original(outputs, features))
      return seen[-1]

  _, function = runs.make_model(replace(experiment, encoder=Spy()))
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    function({n: tf.constant(data[n]) for n in checked.specs}, None, "infer")
    session.run(tf.global_variables_initializer())
    return session.run(seen[-1]), data


def _apply(handle, x, output="default"):
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = hub.Module(handle)(x, as_dict=True)[output]
    session.run(tf.global_variables_initializer())
    return session.run(outputs)


def test_towers_share_variables_and_combine_as_numpy_does(dense, pairs_npz):
  names = ["left", "right", "difference", "absolute_difference", "product"]
  encoder = Towers(ModuleSource(dense), "a", "b", [*names, "dot", "cosine"])
  got, data = _head_input(_experiment(dense, pairs_npz, encoder))
  a, b = _apply(dense, data["a"]), _apply(dense, data["b"])
  dot = (a * b).sum(1, keepdims=True)
  lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
  expected = np.concatenate(
    [a, b, a - b, np.abs(a - b), a * b, dot, dot / lengths[:, None]], axis=1
  )
  np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)


def test_towers_train_one_module_and_export_it(dense, pairs_npz, tmp_path):
  experiment = _experiment(
    dense,
    pairs_npz,
    Towers(ModuleSource(dense), "a", "b"),
    exports=exporting.Exports(["final"]),
  )
  result = runs.train(experiment, str(tmp_path))
  names = [
    n for n, _ in tf.train.list_variables(str(tmp_path)) if "Adam" not in n
  ]
  assert [n for n in names if n.startswith("module")] == [
    "module/bias",
    "module/kernel",
  ]
  exported = tmp_path / result.exports["final"]["module"] / "module"
  data = np.load(pairs_npz)
  assert not np.allclose(
    _apply(str(exported), data["a"]), _apply(dense, data["a"])
  )


def test_the_regularization_of_two_towers_is_in_the_loss_once(dense, pairs_npz):
  encoder = Towers(ModuleSource(dense), "a", "b")
  checked = runs.check(_experiment(dense, pairs_npz, encoder))
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    features, labels = checked.train.take(slice(0, 8))
    spec = checked.model_fn(
      {k: tf.constant(v) for k, v in features.items()},
      tf.constant(labels),
      "train",
    )
    session.run(tf.global_variables_initializer())
    (kernel,) = [
      v for v in tf.trainable_variables() if v.name == "module/kernel:0"
    ]
    loss, kernel = session.run([spec.loss, kernel])
  # A zero-initialised top: the data's share is log 2.
  expected = np.log(2) + 0.1 * 0.5 * (kernel**2).sum()
  np.testing.assert_allclose(loss, expected, rtol=1e-5)


@pytest.mark.slow
def test_concat_joins_different_modules_and_exports_both(
  dense, batch_norm, pairs_npz, tmp_path
):
  adapters = runs.adapters
  encoder = Concat(
    [
      Encoder(
        ModuleSource(dense, name="one", export_name="one"),
        adapters.Adapter(inputs={"x": "a"}),
      ),
      Encoder(
        ModuleSource(batch_norm, name="two", export_name="two"),
        adapters.Adapter(inputs={"x": "b"}),
      ),
    ]
  )
  experiment = _experiment(
    dense, pairs_npz, encoder, exports=exporting.Exports(["final"])
  )
  got, data = _head_input(experiment)
  expected = [_apply(dense, data["a"]), _apply(batch_norm, data["b"])]
  np.testing.assert_allclose(
    got, np.concatenate(expected, axis=1), rtol=1e-5, atol=1e-6
  )
  result = runs.train(experiment, str(tmp_path))
  exported = tmp_path / result.exports["final"]["module"]
  assert sorted(p.name for p in exported.iterdir()) == ["one", "two"]
  # Batch-norm statistics of the second have moved.
  reader = tf.train.load_checkpoint(str(tmp_path))
  assert np.abs(reader.get_tensor("two/moving_mean")).min() > 0


def test_two_modules_of_one_name_are_refused(dense, batch_norm, pairs_npz):
  encoder = Concat([Encoder(ModuleSource(h)) for h in (dense, batch_norm)])
  with pytest.raises(UserError, match="have the module.name 'module'"):
    runs.check(_experiment(dense, pairs_npz, encoder))


def test_two_modules_of_one_export_name_are_refused(dense, pairs_npz):
  encoder = Concat([Encoder(ModuleSource(dense, name=n)) for n in ("a", "b")])
  with pytest.raises(UserError, match="have the module.export_name 'module'"):
    runs.check(_experiment(dense, pairs_npz, encoder))


def test_a_tower_of_a_feature_that_is_not_there_is_refused(dense, pairs_npz):
  encoder = Towers(ModuleSource(dense), "a", "bb")
  with pytest.raises(UserError, match="names the feature 'bb'"):
    runs.check(_experiment(dense, pairs_npz, encoder))


@pytest.fixture(scope="module")
def two_outputs(tmp_path_factory):
  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    kernel = tf.get_variable("kernel", [4, 3])
    hidden = tf.matmul(x, kernel)
    hub.add_signature(
      inputs={"x": x}, outputs={"hidden": hidden, "default": tf.tanh(hidden)}
    )

  path = tmp_path_factory.mktemp("m") / "two_outputs"
  return testing.export_module(str(path), module_fn)


@pytest.mark.slow
def test_taps_give_each_head_its_output(two_outputs, pairs_npz, tmp_path):
  head = heads.Multi(
    {"near": heads.Binary(), "gap": heads.Regression()}, {"gap": 0.25}
  )
  experiment = _experiment(
    two_outputs,
    pairs_npz,
    Taps(ModuleSource(two_outputs), {"near": "default", "gap": "hidden"}),
    features=["a"],
    label=["near", "gap"],
    head=head,
    exports=exporting.Exports(["final"]),
  )
  got, data = _head_input(experiment)
  for name, output in (("near", "default"), ("gap", "hidden")):
    np.testing.assert_allclose(
      got[name], _apply(two_outputs, data["a"], output), rtol=1e-5
    )
  result = runs.train(experiment, str(tmp_path))
  metrics = result.metrics
  assert metrics["loss"] == pytest.approx(
    metrics["loss/near"] + 0.25 * metrics["loss/gap"], rel=1e-4
  )
  model = str(tmp_path / result.exports["final"]["model"])
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], model)
    outputs = loaded.signature_def["serving_default"].outputs
    assert {"near/logistic", "gap/predictions"} <= set(outputs)


def test_taps_of_heads_that_are_not_there_are_refused(two_outputs, pairs_npz):
  experiment = _experiment(
    two_outputs,
    pairs_npz,
    Taps(ModuleSource(two_outputs), {"near": "default", "stars": "hidden"}),
    features=["a"],
    label=["near", "gap"],
    head=heads.Multi({"near": heads.Binary(), "gap": heads.Regression()}),
  )
  with pytest.raises(
    UserError, match="gives outputs for the heads near, stars"
  ):
    runs.check(experiment)


def test_weights_weigh_examples_and_are_not_served(dense, pairs_npz, tmp_path):
  experiment = _experiment(
    dense,
    pairs_npz,
    Encoder(ModuleSource(dense, trainable=False)),
    features=["a", "weight"],
    head=heads.Binary(weight_column="weight"),
    optimizer=optimizers.SGD(0.1),
    max_steps=1,
    eval_every_steps=1,
    exports=exporting.Exports(["final"]),
  )
  result = runs.train(experiment, str(tmp_path))
  data = np.load(pairs_npz)
  reader = tf.train.load_checkpoint(str(tmp_path))
  logits = (
    _apply(dense, data["a"]) @ reader.get_tensor("head/logits/kernel")
    + reader.get_tensor("head/logits/bias")
  )[:, 0]
  losses = np.logaddexp(0, logits) - logits * data["near"]
  np.testing.assert_allclose(
    result.metrics["average_loss"],
    (losses * data["weight"]).sum() / data["weight"].sum(),
    rtol=1e-4,
  )
  model = str(tmp_path / result.exports["final"]["model"])
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], model)
    assert set(loaded.signature_def["serving_default"].inputs) == {"a"}


def test_weights_that_are_not_there_are_refused(dense, numbers_npz):
  experiment = make_experiment(
    dense, numbers_npz, head=heads.Binary(weight_column="weights")
  )
  with pytest.raises(
    UserError, match="weight_column 'weights' isn't a feature"
  ):
    runs.check(experiment)


@pytest.mark.parametrize(
  "make, message",
  [
    (lambda: Towers(None, "a", "b", "dot"), r"write \['dot'\]"),
    (lambda: Towers(None, "a", "b", ["dott"]), "did you mean 'dot'"),
    (lambda: Concat([]), "is a list of encoders"),
  ],
)
def test_wrong_choices_are_refused(make, message):
  with pytest.raises(UserError, match=message):
    make()


def test_equal_sources_are_one_module(dense):
  source = modules.ModuleSource(dense)
  encoder = Concat([Encoder(source), Encoder(dataclasses.replace(source))])
  assert list(encoders.sources(encoder)) == ["module"]
