"""Exporters of Hub, of Estimator and of the user's, beside a run's versions."""

import dataclasses
import os
import pathlib

import numpy as np
import pytest
from tensorflow.core.protobuf import saved_model_pb2

from hub_estimator import config, exporting, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.exporting import exporters
from hub_estimator.exporting.live import dense_tensors
from hub_estimator.modules import (
  NewModule,
  inspecting,
  random_outputs,
  read_module_info,
)
from hub_estimator.tensorflow_runtime import (
  estimator,
  hub,
  read_eval_metrics,
  tf,
)
from tests import module_zoo
from tests.module_data import write_data
from tests.small_runs import make_experiment

# Files of the room that these tests cover, beside their own.
COVERS = ("other_exporter",)


def _text(path):
  return testing.text_module(str(path), words=["good", "bad"])


def _batch_norm(path):
  return testing.batch_norm_module(str(path))


def _dense(path):
  return testing.dense_module(str(path), l2=0.1)


# What `counting` computes changes with each call, so that no export can be verified.
ZOO = [module for module in module_zoo.ALL if module is not module_zoo.counting]
KINDS = [_dense, _batch_norm, _text, *ZOO]


def _some(info):
  """Returns values for a module's input."""
  shape = [2]
  if info.get_shape().rank is not None:
    shape = [d or 2 for d in info.get_shape().as_list()]
  if info.dtype == tf.string:
    values = tf.fill(shape, "good bad")
  else:
    count = tf.range(int(np.prod(shape, dtype=int))) % 3 + 1
    values = tf.cast(tf.reshape(count, shape), info.dtype)
  return tf.sparse.from_dense(values) if info.is_sparse else values


def _outputs(spec, tags, signature, wanted):
  with tf.Graph().as_default(), tf.Session() as session:
    tf.set_random_seed(1)
    module = hub.Module(spec, tags=set(tags))
    inputs = module.get_input_info_dict(signature)
    fed = {name: _some(info) for name, info in inputs.items()}
    if "dense_shape" in fed:  # The parts of one SparseTensor.
      ids = tf.sparse.from_dense(tf.constant([[3, 0, 1], [2, 5, 0]], tf.int64))
      fed = {name: getattr(ids, name) for name in fed}
    outputs = dense_tensors(
      module(
        fed,
        signature=signature,
        as_dict=True,
      )
    )
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(
      {n: t for n, t in outputs.items() if n.split("[")[0] in wanted}
    )


def _stored(path):
  graphs = saved_model_pb2.SavedModel()
  graphs.ParseFromString((path / "saved_model.pb").read_bytes())
  return graphs


def _assert_same_module(ours, theirs):
  specs = [hub.load_module_spec(str(path)) for path in (ours, theirs)]
  assert specs[0].get_tags() == specs[1].get_tags()
  info = read_module_info(str(ours))
  prefix = pathlib.Path("variables", "variables")
  if (theirs / "variables").exists():
    ours_values, theirs_values = (
      tf.train.load_checkpoint(str(path / prefix)) for path in (ours, theirs)
    )
    names = theirs_values.get_variable_to_shape_map()
    assert set(names) == set(ours_values.get_variable_to_shape_map())
    for name in names:
      np.testing.assert_array_equal(
        ours_values.get_tensor(name), theirs_values.get_tensor(name)
      )
  # Graphs, signatures, collections and the names of assets.
  assert _stored(ours) == _stored(theirs)
  for tags in specs[0].get_tags():
    drawn = random_outputs(info, tags)
    for signature in list(specs[0].get_signature_names(tags))[:2]:
      wanted = {
        name
        for name in specs[0].get_output_info_dict(signature, tags)
        if not drawn.get(signature, {}).get(name)
      }
      a, b = (_outputs(spec, tags, signature, wanted) for spec in specs)
      for name in a:
        if isinstance(a[name], bytes):  # The path of an asset.
          assert a[name].startswith(os.fsencode(ours))
          moved = a[name].replace(os.fsencode(ours), os.fsencode(theirs))
          assert b[name] == moved
          continue
        np.testing.assert_array_equal(a[name], b[name])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_hubs_own_exporter_writes_the_same_module(kind, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  info = read_module_info(kind(tmp_path / "m"))
  gin = tmp_path / "run.gin"
  gin.write_text(inspecting.to_gin(info) + "MAX_STEPS = 2\nBATCH_SIZE = 4\n")
  config.parse([str(gin)])
  write_data(info, tmp_path)
  experiment = dataclasses.replace(
    config.build("run"),
    exporters=[exporters.LatestModule()],
    exports=exporting.Exports(kinds=["latest"]),
  )
  result = runs.train(experiment, "run")
  name = experiment.encoder.module.export_name
  _assert_same_module(
    tmp_path / "run" / result.exports["latest"]["module"] / name,
    tmp_path / "run" / result.exports["latest_module"]["path"] / name,
  )


def _new_fn():
  x = tf.placeholder(tf.float32, [None, 4])
  hub.add_signature(
    inputs={"x": x}, outputs=tf.layers.dense(x, 3, name="dense")
  )


@pytest.mark.slow
def test_hubs_own_exporter_writes_the_same_new_module(numbers_npz, tmp_path):
  experiment = make_experiment(
    NewModule(_new_fn),
    numbers_npz,
    exports=exporting.Exports(kinds=["latest"]),
    exporters=[exporters.LatestModule("hubs")],
  )
  result = runs.train(experiment, tmp_path)
  _assert_same_module(
    tmp_path / result.exports["latest"]["module"] / "module",
    tmp_path / result.exports["hubs"]["path"] / "module",
  )


class _Mine(estimator.Exporter):
  def __init__(self):
    self.calls = []

  @property
  def name(self):
    return "mine"

  def export(
    self,
    estimator,
    export_path,
    checkpoint_path,
    eval_result,
    is_the_final_export,
  ):
    self.calls.append((eval_result["global_step"], is_the_final_export))


class _Failing(_Mine):
  name = "failing"

  def export(self, *args, **kwargs):
    raise ValueError("no\nway")


@pytest.mark.slow
def test_estimators_exporters_and_mine_are_called(dense, numbers_npz, tmp_path):
  mine = _Mine()
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports(kinds=["final"]),
    exporters=[
      exporters.LatestModel(),
      exporters.FinalModel(),
      exporters.BestModel(metric="accuracy"),
      mine,
      _Failing(),
    ],
  )
  result = runs.train(experiment, tmp_path)
  assert mine.calls == [(10, False), (20, True)]
  assert result.exports["failing"] == {"error": "ValueError: no way"}
  assert "mine" not in result.exports
  x = np.load(numbers_npz)["x"][:4]
  served = []
  for name in ("latest_model", "final_model"):
    with tf.Graph().as_default(), tf.Session() as session:
      loaded = tf.saved_model.load(
        session, ["serve"], str(tmp_path / result.exports[name]["path"])
      ).signature_def["serving_default"]
      served.append(
        session.run(loaded.outputs["logits"].name, {loaded.inputs["x"].name: x})
      )
  np.testing.assert_array_equal(*served)
  assert len(list((tmp_path / "export" / "latest_model").iterdir())) == 2
  assert len(list((tmp_path / "export" / "final_model").iterdir())) == 1
  assert (tmp_path / "export" / "best_model").is_dir()


@pytest.mark.slow
def test_the_best_exporter_goes_by_its_metric(dense, numbers_npz, tmp_path):
  parts = [
    exporters.BestModel("falling"),
    exporters.BestModel("rising", smaller_is_better=False),
  ]
  runs.train(make_experiment(dense, numbers_npz, exporters=parts), tmp_path)
  evaluations = read_eval_metrics(str(tmp_path / "eval"))
  assert evaluations[20]["loss"] < evaluations[10]["loss"]
  counts = [
    len(list((tmp_path / "export" / part.name).iterdir())) for part in parts
  ]
  assert counts == [2, 1]


@pytest.mark.parametrize(
  "given, why",
  [
    (
      [exporters.LatestModule("best")],
      "'best', which is that of 'best' of exp",
    ),
    (
      [exporters.LatestModel("a"), exporters.LatestModule("a")],
      "'a', which is that of LatestModel",
    ),
    ([exporters.LatestModel], "must be a list of exporters, called"),
    ("latest", "must be a list of exporters"),
  ],
)
def test_what_is_no_exporter_or_has_a_taken_name_is_refused(
  dense, numbers_npz, given, why
):
  with pytest.raises(UserError, match=why):
    make_experiment(dense, numbers_npz, exporters=given)


@pytest.mark.parametrize(
  "make, why",
  [
    (lambda: exporters.LatestModule("a/b"), "latest_module.name is 'a/b'"),
    (lambda: exporters.BestModel(keep=0), "exporters.best_model.keep is 0"),
    (lambda: exporters.FinalModel(""), "final_model.name is ''"),
  ],
)
def test_bad_values_are_refused(make, why):
  with pytest.raises(UserError, match=why):
    make()


def test_a_metric_that_does_not_exist_is_refused_before_step_1(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(
    dense, numbers_npz, exporters=[exporters.BestModel(metric="acuracy")]
  )
  with pytest.raises(UserError, match="best_model.metric .* 'accuracy'"):
    runs.train(experiment, tmp_path / "run")
