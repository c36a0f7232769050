import hashlib
import os
import pathlib
import shutil

import numpy as np
import pytest

from hub_estimator import modules, optimizers
from hub_estimator.errors import UserError
from hub_estimator.exporting import exporter as exporting
from hub_estimator.model import encoders
from hub_estimator.model_dir import versions
from hub_estimator.model_dir.workdir import read_json
from hub_estimator.runs import experiment as experiments
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment, replace


@pytest.fixture(scope="module")
def run(batch_norm, numbers_npz, tmp_path_factory):
  """A run with two versions of which the last is of its last checkpoint."""
  path = tmp_path_factory.mktemp("run")
  experiment = make_experiment(
    batch_norm, numbers_npz, exports=exporting.Exports(keep=2), max_steps=30
  )
  return path, experiment, experiments.train(experiment, str(path))


def _half(run, half) -> pathlib.Path:
  path, _, result = run
  return path / result.exports["latest"][half]


def test_the_full_model_predicts_as_the_checkpoint_does(run, numbers_npz):
  _, experiment, _ = run
  x = np.load(numbers_npz)["x"]
  made = experiments.make_estimator(experiment, str(run[0]))
  live = [
    p["logits"]
    for p in made.predict(
      lambda: tf.data.Dataset.from_tensors({"x": tf.constant(x)})
    )
  ]
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], str(_half(run, "model")))
    signature = loaded.signature_def["serving_default"]
    logits = session.run(
      signature.outputs["logits"].name, {signature.inputs["x"].name: x}
    )
  np.testing.assert_allclose(logits, live, rtol=1e-5, atol=1e-6)


def test_the_module_holds_the_fine_tuned_variables_in_both_variants(run):
  path, _, _ = run
  reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(path)))
  exported = str(_half(run, "module") / "module")
  for tags in (set(), {"train"}):
    with tf.Graph().as_default(), tf.Session() as session:
      module = hub.Module(exported, tags=tags)
      session.run(tf.global_variables_initializer())
      for name, value in session.run(module.variable_map).items():
        np.testing.assert_array_equal(
          value, reader.get_tensor(f"module/{name}")
        )


def test_both_halves_explain_themselves(run):
  _, _, result = run
  for path in (_half(run, "model"), _half(run, "module") / "module"):
    manifest = read_json(path / "assets.extra" / "manifest.json")
    assert manifest["checkpoint_step"] == 30
    assert manifest["version"] == result.exports["latest"]["version"]
    np.testing.assert_allclose(
      manifest["metrics"]["accuracy"], result.metrics["accuracy"], rtol=1e-6
    )


def test_old_versions_go_with_both_halves(run):
  base = run[0] / "export" / "latest"
  complete = versions.numbers(base)
  assert len(complete) == 2
  assert sorted(os.listdir(base / "module")) == [str(v) for v in complete]
  assert sorted(os.listdir(base)) == [".pins", "model", "module"]


def test_an_export_of_an_older_checkpoint_is_a_newer_version(run, tmp_path):
  path, experiment, _ = run
  copy = tmp_path / "run"
  shutil.copytree(path, copy)
  before = versions.numbers(copy / "export" / "latest")
  version = experiments.export(experiment, str(copy), checkpoint="10")
  assert version.number > max(before)
  manifest = read_json(version.model / "assets.extra" / "manifest.json")
  assert manifest["checkpoint_step"] == 10


def test_leftovers_of_a_killed_export_are_removed(run, tmp_path):
  base = tmp_path / "latest"
  shutil.copytree(run[0] / "export" / "latest", base)
  (base / ".staging" / "module" / "temp-1").mkdir(parents=True)
  (base / "module" / "99").mkdir()
  complete = versions.numbers(base)
  versions.remove_leftovers(base)
  assert sorted(os.listdir(base)) == [".pins", "model", "module"]
  assert sorted(os.listdir(base / "module")) == [str(v) for v in complete]


def test_a_failed_export_is_told_and_the_run_goes_on(
  dense, numbers_npz, tmp_path, monkeypatch
):
  experiment = make_experiment(dense, numbers_npz, exports=exporting.Exports())
  (tmp_path / "export").mkdir()
  (tmp_path / "export" / "latest").touch()  # No directory can be made there.
  result = experiments.train(experiment, str(tmp_path))
  assert result.steps == 20
  assert "error" in result.exports["latest"]
  (tmp_path / "export" / "latest").unlink()
  # Started again, the finished run exports what it lacks.
  again = experiments.train(experiment, str(tmp_path))
  assert (tmp_path / again.exports["latest"]["model"]).is_dir()


def test_a_module_without_an_export_name_is_not_exported(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports(["final"]),
    module_export_name=None,
  )
  result = experiments.train(experiment, str(tmp_path))
  assert result.exports["final"]["module"] is None
  assert (tmp_path / result.exports["final"]["model"]).is_dir()
  assert len(os.listdir(tmp_path / "export" / "final" / "model")) == 1


def test_a_nested_export_name_nests(dense, numbers_npz, tmp_path):
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports(["final"]),
    module_export_name="text/encoder",
  )
  result = experiments.train(experiment, str(tmp_path))
  module = tmp_path / result.exports["final"]["module"] / "text" / "encoder"
  assert (module / "tfhub_module.pb").exists()


def test_an_exported_module_is_the_next_runs_handle(run, numbers_npz, tmp_path):
  _, experiment, _ = run
  exported = str(_half(run, "module") / "module")
  following = replace(
    experiment,
    encoder=encoders.Encoder(modules.ModuleSource(exported)),
    max_steps=10,
  )
  result = experiments.train(following, str(tmp_path))
  assert (tmp_path / result.exports["latest"]["module"]).is_dir()


@pytest.mark.parametrize(
  "fields",
  [{"kinds": ["bset"]}, {"kinds": "best"}, {"keep": 0}, {"keep": True}],
)
def test_what_cannot_be_exported_is_refused(fields):
  with pytest.raises(UserError, match="exports"):
    exporting.Exports(**fields)


def _metrics(**values):
  return {"loss": 0.5, "accuracy": 0.5, **values}


@pytest.mark.parametrize(
  "metric, first, second, better",
  [
    ("accuracy", 0.5, 0.6, True),
    ("accuracy", 0.5, 0.5, False),
    ("accuracy", 0.5, 0.4, False),
    ("accuracy", 0.5, float("nan"), False),
    ("loss", 0.5, 0.4, True),
    ("loss", 0.5, 0.5, False),
    ("loss", 0.5, 0.6, False),
  ],
)
def test_better_is_strictly_better(tmp_path, metric, first, second, better):
  exports = exporting.Exports(["best"], best_metric=metric)
  assert exporting.is_better(tmp_path, exports, _metrics(**{metric: first}))
  exporting._write_best(tmp_path, exports, _metrics(**{metric: first}), 1, 1)
  assert (
    exporting.is_better(tmp_path, exports, _metrics(**{metric: second}))
    == better
  )


def test_nan_is_not_best_even_at_first(tmp_path):
  exports = exporting.Exports(["best"], best_metric="loss")
  assert not exporting.is_better(tmp_path, exports, {"loss": float("nan")})


def test_a_missing_metric_is_refused(tmp_path, dense, numbers_npz):
  exports = exporting.Exports(["best"], best_metric="acuracy")
  with pytest.raises(UserError, match="did you mean 'accuracy'"):
    exporting.is_better(tmp_path, exports, _metrics())
  with pytest.raises(UserError, match="exports.best_metric 'acuracy'"):
    experiments.train(
      make_experiment(dense, numbers_npz, exports=exports),
      str(tmp_path / "run"),
    )
  assert not (tmp_path / "run").exists()


def test_best_has_its_module_and_survives_a_restart(
  dense, numbers_npz, tmp_path
):
  run = str(tmp_path / "run")
  # Largest loss is best here, so that what training gains is worse.
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports(
      ["latest", "best"], best_metric="loss", best_is_smaller=False
    ),
    max_steps=10,
  )
  first = experiments.train(experiment, run)
  best = tmp_path / "run" / first.exports["best"]["model"]
  assert (
    tmp_path
    / "run"
    / first.exports["best"]["module"]
    / "module"
    / "tfhub_module.pb"
  ).exists()
  state = read_json(tmp_path / "run" / "export" / "best" / "best.json")
  np.testing.assert_allclose(state["value"], first.metrics["loss"])
  # Restarted, and worse from here on: the best stays, the latest moves on.
  worse = replace(experiment, max_steps=20)
  second = experiments.train(worse, run)
  assert second.metrics["loss"] < first.metrics["loss"]
  assert second.exports["best"] == first.exports["best"]
  assert (
    second.exports["latest"]["version"] != first.exports["latest"]["version"]
  )
  assert best.exists()
  # Killed between the version and its state file: the manifest knows.
  (tmp_path / "run" / "export" / "best" / "best.json").unlink()
  assert not exporting.is_better(
    tmp_path / "run" / "export" / "best", worse.exports, second.metrics
  )


def test_two_kinds_of_one_checkpoint_share_their_bytes(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports(["latest", "best", "final"]),
    max_steps=10,
  )
  result = experiments.train(experiment, str(tmp_path))
  data = "variables/variables.data-00000-of-00001"
  inodes = {
    (tmp_path / result.exports[kind]["model"] / data).stat().st_ino
    for kind in ("latest", "best", "final")
  }
  assert len(inodes) == 1


def test_checksums_and_signatures_are_in_the_manifest(run):
  for path in (_half(run, "model"), _half(run, "module") / "module"):
    manifest = read_json(path / "assets.extra" / "manifest.json")
    files = {
      str(p.relative_to(path)): hashlib.sha256(p.read_bytes()).hexdigest()
      for p in path.rglob("*")
      if p.is_file() and p.name != "manifest.json"
    }
    assert manifest["sha256"] == files
  assert manifest["signatures"]["default"]["inputs"] == {
    "x": {"dtype": "float32", "shape": [None, 4]}
  }
  assert manifest["config"] == ""
  assert manifest["versions"]["tensorflow-hub"] == "0.15.0"


@pytest.mark.slow
def test_averaged_weights_are_evaluated_and_exported(
  batch_norm, numbers_npz, tmp_path
):
  experiment = make_experiment(
    batch_norm,
    numbers_npz,
    exports=exporting.Exports(),
    fine_tuning=optimizers.FineTuning(average_decay=0.9),
  )
  result = experiments.train(experiment, str(tmp_path))
  assert "error" not in result.exports["latest"]
  reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(tmp_path)))

  def exported(version):
    prefix = str(version / "module" / "variables" / "variables")
    return exporting._tensors(prefix)

  averaged = exported(tmp_path / result.exports["latest"]["module"])
  for name in ("kernel", "gamma"):
    np.testing.assert_array_equal(
      averaged[name],
      reader.get_tensor(f"module/{name}/ExponentialMovingAverage"),
    )
  # Statistics are averages as they are.
  np.testing.assert_array_equal(
    averaged["moving_mean"], reader.get_tensor("module/moving_mean")
  )
  raw = experiments.export(experiment, str(tmp_path), averaged=False)
  np.testing.assert_array_equal(
    exported(raw.modules)["kernel"], reader.get_tensor("module/kernel")
  )
  again = experiments.export(experiment, str(tmp_path), averaged=True)
  np.testing.assert_array_equal(
    exported(again.modules)["kernel"], averaged["kernel"]
  )


def test_averages_that_a_run_does_not_have_are_refused(run):
  path, experiment, _ = run
  with pytest.raises(UserError, match="has no averaged weights"):
    experiments.export(experiment, str(path), averaged=True)


@pytest.mark.slow
def test_signatures_take_encoded_images(shared_module, tmp_path):
  """JPEG and PNG bytes of any size, as well as pixels, give predictions."""
  path = shared_module("enlite0_96_feature_vector")
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, size=(6, 28, 28), dtype=np.uint8)
  np.savez(tmp_path / "d.npz", x=images, label=np.arange(6) % 2)
  experiment = make_experiment(
    path,
    str(tmp_path / "d.npz"),
    module_trainable=False,
    exports=exporting.Exports(["final"]),
    max_steps=2,
    eval_every_steps=2,
  )
  result = experiments.train(experiment, str(tmp_path / "run"))
  model = str(tmp_path / "run" / result.exports["final"]["model"])
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
