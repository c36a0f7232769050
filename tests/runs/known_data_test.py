"""Later data is matched with what a run knows: by name, or refused."""

import json

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, runs
from hub_estimator.errors import UserError
from hub_estimator.preprocessing import adapters
from hub_estimator.runs import image_checks, prediction_rows
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment, replace

# Files of the room that these tests cover, beside their own.
COVERS = ("starting_classes", "prediction_rows")


@pytest.fixture(scope="module")
def numbers_run(dense, tmp_path_factory):
  """A run whose labels are words."""
  root = tmp_path_factory.mktemp("named")
  _write_npz(root / "train.npz", ["yes", "no", "maybe"] * 12)
  experiment = make_experiment(
    dense,
    str(root / "train.npz"),
    head=heads.MultiClass(),
    exports=exporting.Exports(["final"]),
    max_steps=60,
    eval_every_steps=60,
  )
  runs.train(experiment, root / "run")
  return experiment, root


def _write_npz(path, labels, **more):
  rng = np.random.default_rng(len(labels))
  centers = {"yes": 3, "no": -3}
  x = rng.normal(scale=0.1, size=(len(labels), 4)).astype(np.float32)
  for i, label in enumerate(labels):
    x[i, 0] += centers.get(label, 0)
    x[i, 1] += 3 * (label not in centers)
  np.savez(path, x=x, label=np.array(labels), **more)
  return str(path)


def _evaluate(run, labels):
  experiment, root = run
  path = _write_npz(root / "other.npz", labels)
  return runs.evaluate(
    root / "run",
    experiment=replace(experiment, eval_input=inputs.Npz(path, features=["x"])),
  )


def test_words_are_classes_without_a_vocabulary(numbers_run):
  _, root = numbers_run
  schema = json.loads((root / "run" / "schema.json").read_text())
  assert schema["labels"]["label"]["classes"] == ["maybe", "no", "yes"]
  assert schema["labels"]["label"]["counts"]["train"]["no"] == 12
  assert _evaluate(numbers_run, ["yes", "no"])["accuracy"] == 1.0


def test_numbers_of_another_scale_are_a_warning(numbers_run, caplog):
  experiment, root = numbers_run
  path = str(root / "bytes.npz")
  x = np.arange(0, 256, 16, dtype=np.float32).reshape(4, 4)
  np.savez(path, x=x, label=["yes", "no", "yes", "no"])
  runs.evaluate(
    root / "run",
    experiment=replace(experiment, eval_input=inputs.Npz(path, features=["x"])),
  )
  assert "bytes.npz: 'x' is 0 to 240, and -3" in caplog.text


def test_a_word_that_is_no_class_is_refused(numbers_run):
  with pytest.raises(
    UserError, match="Label 'Yes' of example 1 .* maybe, no, yes"
  ):
    _evaluate(numbers_run, ["yes", "Yes"])


def test_predictions_and_the_served_model_have_names(numbers_run):
  experiment, root = numbers_run
  rows = {"x": np.array([[3, 0, 0, 0], [-3, 0, 0, 0]], np.float32)}
  found = runs.predict(root / "run", rows, experiment=experiment)
  assert found["classes"].ravel().tolist() == [b"yes", b"no"]
  (model,) = (root / "run" / "export" / "final" / "model").iterdir()
  with tf.Graph().as_default(), tf.Session() as session:
    signature = tf.saved_model.load(
      session, ["serve"], str(model)
    ).signature_def["serving_default"]
    served = session.run(
      signature.outputs["classes"].name,
      {signature.inputs["x"].name: rows["x"]},
    )
  assert served.ravel().tolist() == [b"yes", b"no"]
  assert json.loads((model / "assets.extra" / "schema.json").read_text()) == (
    json.loads((root / "run" / "schema.json").read_text())
  )


def test_an_id_is_carried_to_predictions_in_order(numbers_run):
  experiment, root = numbers_run
  path = _write_npz(
    root / "ids.npz", ["yes", "no", "yes"], id=np.array(["r7", "r8", "r9"])
  )
  found = runs.predict(
    root / "run", path, experiment=experiment, keep=["id"], batch_size=2
  )
  assert found["id"].tolist() == [b"r7", b"r8", b"r9"]
  assert found["classes"].ravel().tolist() == [b"yes", b"no", b"yes"]
  with pytest.raises(UserError, match="no column 'key' to keep; it has: "):
    runs.predict(root / "run", path, experiment=experiment, keep=["key"])


def test_weights_from_the_same_classes_in_another_order_are_refused(
  numbers_run, tmp_path
):
  experiment, root = numbers_run
  other = replace(
    experiment,
    head=heads.MultiClass(3, ["yes", "no", "maybe"]),
    start_from=str(root / "run"),
  )
  with pytest.raises(
    UserError, match="maybe, no, yes, and this run yes, no, mayb"
  ):
    runs.train(other, tmp_path / "run")
  (model,) = (root / "run" / "export" / "final" / "model").iterdir()
  with pytest.raises(UserError, match="in the same order"):
    runs.check_run(replace(other, start_from=str(model)), tmp_path / "run")
  runs.check_run(
    replace(other, start_from_variables="^module/"), tmp_path / "run"
  )


def test_logits_of_other_classes_are_not_taken(numbers_run, tmp_path, caplog):
  experiment, root = numbers_run
  data = inputs.Npz(
    _write_npz(tmp_path / "new.npz", ["yes", "no", "never"] * 4), features=["x"]
  )
  runs.train(
    replace(
      experiment,
      train_input=data,
      eval_input=data,
      start_from=str(root / "run"),
      max_steps=1,
      exports=exporting.Exports([]),
    ),
    tmp_path / "run",
  )
  assert "its logits aren't taken" in caplog.text
  manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
  assert "head/logits/kernel" in manifest["started_from"]["new"]


def test_a_resumed_run_refuses_data_of_another_type(numbers_run):
  experiment, root = numbers_run
  path = str(root / "wide.npz")
  np.savez(
    path, x=np.zeros((6, 5), np.float32), label=["yes", "no", "maybe"] * 2
  )
  data = inputs.Npz(path, features=["x"])
  with pytest.raises(
    UserError, match="'x' is float32 .5., and the run was trai"
  ):
    runs.check_run(
      replace(experiment, train_input=data, eval_input=data), root / "run"
    )


@pytest.mark.parametrize(
  "weights, why",
  [([0, 0, 0, 0], "0 in all 4"), ([1, 1, -1, 1], "below 0 in 1")],
)
def test_bad_weights_are_refused_before_training(dense, tmp_path, weights, why):
  path = str(tmp_path / "d.npz")
  np.savez(
    path,
    x=np.zeros((4, 4), np.float32),
    w=np.array(weights, np.float32),
    label=[0, 1, 0, 1],
  )
  data = inputs.Npz(path, features=["x", "w"])
  with pytest.raises(UserError, match=why):
    runs.check(
      make_experiment(
        dense,
        path,
        train_input=data,
        eval_input=data,
        head=heads.Binary(weight_column="w"),
      )
    )


@pytest.mark.parametrize(
  "delimiter, name",
  [(";", "d.csv"), pytest.param("\t", "d.tsv", marks=pytest.mark.slow)],
)
def test_a_run_predicts_its_own_kind_of_csv(text, tmp_path, delimiter, name):
  lines = [("id", "sentence", "label"), ("1", "good", "1"), ("2", "bad", "0")]
  path = tmp_path / name
  path.write_text("".join(delimiter.join(line) + "\n" for line in lines))
  data = inputs.Csv(str(path), delimiter=delimiter)
  experiment = make_experiment(
    text,
    "unused.npz",
    train_input=data,
    eval_input=data,
    adapter=adapters.Adapter(inputs={"default": "sentence"}),
    max_steps=1,
    eval_every_steps=1,
  )
  runs.train(experiment, tmp_path / "run")
  bare = tmp_path / f"bare_{name}"  # No column but the one that is read.
  bare.write_text("sentence\ngood, and bad\nbad\n")
  found = runs.predict(tmp_path / "run", str(bare), experiment=experiment)
  assert found.rows == 2
  found = runs.predict(
    tmp_path / "run", str(path), experiment=experiment, keep=["id"]
  )
  assert found["id"].tolist() == [b"1", b"2"]  # Text, as in any csv.


def test_a_run_predicts_tfrecords(dense, tmp_path):
  path = str(tmp_path / "d.tfrecord")
  x = np.arange(24, dtype=np.float32).reshape(6, 4) - 12
  with tf.io.TFRecordWriter(path) as writer:
    for row, values in enumerate(x):
      example = tf.train.Example()
      example.features.feature["x"].float_list.value.extend(values)
      example.features.feature["label"].int64_list.value.append(row % 2)
      writer.write(example.SerializeToString())
  data = inputs.TFRecord(path, {"x": ("float32", [4]), "label": ("int64", [])})
  experiment = make_experiment(
    dense, "unused.npz", train_input=data, eval_input=data, max_steps=2
  )
  runs.train(experiment, tmp_path / "run")
  found = runs.predict(
    tmp_path / "run", path, experiment=experiment, batch_size=4
  )
  expected = runs.predict(tmp_path / "run", {"x": x}, experiment=experiment)
  np.testing.assert_allclose(found["logits"], expected["logits"])


@pytest.mark.parametrize("head", [heads.Binary(), heads.MultiClass(3)])
def test_lists_of_labels_are_no_classes_of_one_label(dense, head):
  labels = np.empty(6, object)
  labels[:] = [(b"a",), (b"b",), (b"a", b"b"), (b"c",), (), (b"b", b"c")]

  class Source:
    def read(self):
      x = np.zeros((6, 4), np.float32)
      return inputs.Examples({"x": x}, labels, "records")

  experiment = make_experiment(
    dense, "unused.npz", train_input=Source(), eval_input=Source(), head=head
  )
  with pytest.raises(UserError, match="records: .* only heads.multi_label"):
    runs.check(experiment)


def test_rows_are_read_with_the_delimiter_of_training(numbers_run, tmp_path):
  experiment, root = numbers_run
  lines = ["id;sentence;label", "1;good;1", "2;bad;0"]
  path = tmp_path / "d.csv"
  path.write_text("\n".join(lines) + "\n")
  images = image_checks.Images({"sentence": inputs.FeatureSpec("string")}, {})
  opened = prediction_rows.open_rows(
    str(path),
    images,
    readers=(experiment.eval_input, inputs.Csv(str(path), delimiter=";")),
    keep=["id"],
    batch_size=2,
  )
  ((features, kept),) = opened.batches
  assert features["sentence"].tolist() == [b"good", b"bad"]
  assert kept["id"].tolist() == [b"1", b"2"]
  assert opened.name == str(path)


def test_a_record_that_cannot_be_decoded_is_named_by_its_row(tmp_path):
  path = str(tmp_path / "d.tfrecord")
  images = image_checks.Images(
    {"image": inputs.FeatureSpec("string")}, {"image": None}
  )
  with pytest.raises(UserError, match=r"d.tfrecord, row 8: "):
    images.name_damage(path, {"image": inputs.strings([b"no image"])}, 7)
