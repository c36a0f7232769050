"""The shared modules, with real weights, train and export."""

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, modules, optimizers, runs
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model import encoders
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment


def _train(experiment, tmp_path):
  result = runs.train(experiment, str(tmp_path / "run"))
  _assert_loads(tmp_path / "run", result)
  return result


def _assert_loads(model_dir, result):
  assert result.state == "finished"
  version = result.exports["latest"]
  with tf.Graph().as_default(), tf.Session() as session:
    tf.saved_model.load(session, ["serve"], str(model_dir / version["model"]))
  module = str(model_dir / version["module"] / "module")
  for tags in hub.load_module_spec(module).get_tags():
    with tf.Graph().as_default(), tf.Session() as session:
      hub.Module(module, tags=set(tags))
      session.run([tf.global_variables_initializer(), tf.tables_initializer()])


def _moved(module_dir, run, name="module"):
  """Returns the names of the module's variables that training changed."""
  stored = tf.train.load_checkpoint(f"{module_dir}/variables/variables")
  before = set(stored.get_variable_to_shape_map())
  reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(run)))
  return {
    n
    for n in before
    if not np.array_equal(
      reader.get_tensor(f"{name}/{n}"), stored.get_tensor(n)
    )
  }, before


@pytest.mark.slow
def test_glove(shared_module, sentences_csv, tmp_path):
  path = shared_module("glove50_20k")
  _train(
    make_experiment(path, sentences_csv, exports=exporting.Exports()), tmp_path
  )
  assert _moved(path, tmp_path / "run")[0] == {"embeddings"}


def _images_run(path, directory, *, trainable):
  """Trains on images of 28 x 28 pixels; returns the result."""
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, size=(24, 28, 28), dtype=np.uint8)
  images[::3] //= 4
  np.savez(directory / "d.npz", x=images, label=np.arange(24) % 3)
  experiment = make_experiment(
    path,
    str(directory / "d.npz"),
    module_trainable=trainable,
    head=heads.MultiClass(3),
    exports=exporting.Exports(),
    max_steps=3,
    eval_every_steps=3,
    batch_size=8,
  )
  return runs.train(experiment, str(directory / "run"))


@pytest.fixture(scope="module")
def frozen(shared_module, tmp_path_factory):
  """A run on frozen EfficientNet: (its folder, its result)."""
  directory = tmp_path_factory.mktemp("frozen")
  path = shared_module("enlite0_96_feature_vector")
  return directory, _images_run(path, directory, trainable=False)


@pytest.mark.slow
@pytest.mark.parametrize("trainable", [True, False])
def test_efficientnet(request, shared_module, tmp_path, trainable):
  path = shared_module("enlite0_96_feature_vector")
  if trainable:
    directory, result = tmp_path, _images_run(path, tmp_path, trainable=True)
  else:
    directory, result = request.getfixturevalue("frozen")
  _assert_loads(directory / "run", result)
  moved, all_variables = _moved(path, directory / "run")
  # 147 weights and 98 batch-norm statistics, or nothing.
  assert len(all_variables) == 245
  assert moved == (all_variables if trainable else set())


@pytest.mark.slow
def test_signatures_take_encoded_images(frozen):
  """JPEG and PNG bytes of any size, as well as pixels, give predictions."""
  directory, result = frozen
  model = str(directory / "run" / result.exports["latest"]["model"])
  with tf.Graph().as_default(), tf.Session() as session:
    flat = np.full((96, 96, 1), 128, np.uint8)
    png = session.run(tf.io.encode_png(flat))
    jpeg = session.run(tf.io.encode_jpeg(np.full((40, 50, 3), 128, np.uint8)))
    loaded = tf.saved_model.load(session, ["serve"], model)

    def predict(signature, value):
      signature = loaded.signature_def[signature]
      return session.run(
        signature.outputs["logits"].name, {signature.inputs["x"].name: value}
      )

    from_bytes = predict("encoded_images:predict", [png, jpeg])
    from_pixels = predict("predict", np.full((1, 28, 28), 128, np.uint8))
  np.testing.assert_allclose(
    from_bytes[0], from_pixels[0], rtol=1e-3, atol=1e-4
  )
  np.testing.assert_allclose(
    from_bytes[1], from_pixels[0], rtol=1e-2, atol=1e-2
  )


@pytest.mark.slow
def test_dm21_by_its_named_inputs(shared_module, tmp_path):
  path = shared_module("dm21_DM21")
  rng = np.random.default_rng(0)
  widths = {"grid_coords": 3, "hfxa": 2, "hfxb": 2}
  names = [
    "grid_coords",
    "grid_weights",
    "hfxa",
    "hfxb",
    "norm_grad_rho",
    "norm_grad_rho_a",
    "norm_grad_rho_b",
    "rho_a",
    "rho_b",
    "tau_a",
    "tau_b",
  ]
  data = {
    n: rng.uniform(0.1, 1.0, size=(32, widths.get(n, 1))).astype(np.float32)
    for n in names
  }
  np.savez(tmp_path / "d.npz", **data, label=data["rho_a"][:, 0] ** 2)
  source = inputs.Npz(str(tmp_path / "d.npz"))
  experiment = Experiment(
    encoder=encoders.Encoder(
      modules.ModuleSource(path, output="grid_contribution"),
      adapters.Adapter(inputs={f"tensor_dict${n}": n for n in names}),
    ),
    head=heads.Regression(),
    optimizer=optimizers.Adam(1e-3),
    train_input=source,
    eval_input=source,
    max_steps=5,
    eval_every_steps=5,
  )
  _train(experiment, tmp_path)
  moved, all_variables = _moved(path, tmp_path / "run")
  assert moved and moved <= all_variables


def test_half_plus_two_trains_where_the_features_fix_its_rank(
  shared_module, tmp_path
):
  path = shared_module("half_plus_two_v1")
  x = np.linspace(-1, 1, 32, dtype=np.float32)[:, np.newaxis]
  np.savez(tmp_path / "d.npz", x=x, label=3 * x[:, 0])
  experiment = make_experiment(
    path,
    str(tmp_path / "d.npz"),
    head=heads.Regression(),
    exports=exporting.Exports(),
  )
  _train(experiment, tmp_path)
  assert _moved(path, tmp_path / "run")[0] == {"a", "b"}


def test_half_plus_two_on_an_unknown_rank_says_what_a_head_needs(shared_module):
  module = shared_module("half_plus_two_v1")
  with tf.Graph().as_default():
    output = hub.Module(module)(tf.placeholder(tf.float32))
    with pytest.raises(UserError, match="unknown rank for these features"):
      adapters.build_head_input(adapters.Adapter(), output)
