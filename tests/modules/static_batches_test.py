import numpy as np
import pytest
from hub_estimator.trainers import main as command

from hub_estimator import exporting, modules, runs
from hub_estimator.errors import UserError
from hub_estimator.modules import (
  SignatureInfo,
  TensorInfo,
  inspecting,
  read_module_info,
)
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import hub, tf
from tests import module_zoo
from tests.small_runs import GIN, make_experiment

TAGS = ["bs4", "gen"]


def _size(inputs, outputs=((None, 3),)):
  def infos(shapes):
    return {
      str(i): TensorInfo("float32", shape) for i, shape in enumerate(shapes)
    }

  return SignatureInfo(infos(inputs), infos(outputs)).batch_size


def test_a_batch_is_static_if_all_inputs_or_else_all_outputs_say_so():
  assert _size([(4, 3)]) == _size([(4, 3), (4,)]) == _size([(4, 3), ()]) == 4
  assert _size([(1, 3)]) == 1
  assert _size([(None, 3)], [(4, 3)]) == _size([(None,)], [(4,), ()]) == 4
  for inputs in ([(None, 3)], [(None, 3), (7,)], [(4, 3), (5, 3)], [None], []):
    assert _size(inputs) is None
  assert _size([(None, 3)], [(4, 3), (None, 3)]) is None
  # The mean of all rows, for example.
  assert _size([(None, 3)], [(1, 3)]) is None


def _by_hand(path, z):
  """Returns images of whole batches, by plain hub.Module."""
  with tf.Graph().as_default(), tf.Session() as session:
    images = hub.Module(path, tags=set(TAGS))(tf.constant(z))
    session.run(tf.global_variables_initializer())
    return session.run(images)


@pytest.mark.parametrize(
  "static_input", [pytest.param(True, marks=pytest.mark.slow), False]
)
def test_any_number_of_rows_is_applied_in_batches_of_the_right_size(
  tmp_path, static_input
):
  path = module_zoo.gan(tmp_path / "gan", static_input=static_input)
  z = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
  expected = np.concatenate([_by_hand(path, z[:4]), _by_hand(path, z[4:])])
  source = modules.ModuleSource(path, trainable=False, inference_tags=TAGS)
  with tf.Graph().as_default(), tf.Session() as session:
    placed = modules.place(read_module_info(path), source, mode="infer")
    fed = tf.placeholder(tf.float32, [None, 4])
    outputs, _ = placed.apply({"z": fed})
    assert outputs["default"].shape.as_list() == [None, 2, 3, 1]
    session.run(tf.global_variables_initializer())
    for rows in (0, 1, 4, 7, 8):
      np.testing.assert_allclose(
        session.run(outputs["default"], {fed: z[:rows]}),
        expected[:rows],
        rtol=1e-6,
      )


def test_inspect_says_so(tmp_path):
  path = module_zoo.gan(tmp_path / "gan")
  described = inspecting.describe(read_module_info(path))
  assert described["variants"][0]["signatures"]["default"]["batch_size"] == 4
  assert (
    "signature 'default', in batches of 4 rows alone"
    in inspecting.to_text(described)
  )


def _experiment(path, data, **changes):
  return make_experiment(
    path,
    data,
    module_inference_tags=TAGS,
    adapter=adapters.Adapter(inputs={"z": "x"}),
    exports=exporting.Exports(),
    **changes,
  )


@pytest.mark.slow
@pytest.mark.parametrize(
  ("trainable", "kept"), [(True, False), (False, True), (False, False)]
)
def test_a_run_trains_evaluates_exports_and_serves_any_number_of_rows(
  tmp_path, numbers_npz, trainable, kept
):
  path = module_zoo.gan(tmp_path / "gan")
  experiment = _experiment(
    path,
    numbers_npz,
    module_trainable=trainable,
    batch_size=4 if trainable else 16,
    eval_batch_size=10,
    cache_features=kept,
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  assert "error" not in result.exports["latest"], result
  with np.load(numbers_npz) as data:
    x, label = data["x"], data["label"]
  predicted = runs.predict(str(tmp_path / "run"), {"x": x[:7]})
  assert predicted["classes"].shape == (7, 1)
  logits = runs.predict(str(tmp_path / "run"), {"x": x})["logits"][:, 0]
  loss = np.mean(np.log1p(np.exp(-np.where(label, logits, -logits))))
  assert result.metrics["average_loss"] == pytest.approx(loss, rel=1e-5)
  exported = tmp_path / "run" / result.exports["latest"]["module"] / "module"
  assert _by_hand(str(exported), x[:4]).shape == (4, 2, 3, 1)


def test_training_it_in_other_batches_is_refused(tmp_path, numbers_npz, capsys):
  path = module_zoo.gan(tmp_path / "gan")
  with pytest.raises(
    UserError, match="batches of 4 rows alone, and .* gives 16"
  ):
    runs.check(_experiment(path, numbers_npz))
  file = tmp_path / "run.gin"
  file.write_text(
    GIN.format(module=path, data=numbers_npz)
    + f"module.inference_tags = {TAGS}\nadapter.inputs = {{'z': 'x'}}\n"
  )
  assert command.main(["check", f"--gin_file={file}"]) == 2
  error = capsys.readouterr().err.splitlines()[-1]
  assert "set it to 4, or module.trainable = False" in error
