import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.exporting.serving import serialize
from hub_estimator.inputs import FeatureSpec, TFRecord
from hub_estimator.tensorflow_runtime import tf

SPECS = {
  "x": FeatureSpec("float32", (2,)),
  "text": FeatureSpec("string"),
  "label": FeatureSpec("int64"),
}
FEATURES = {n: (s.dtype, list(s.shape)) for n, s in SPECS.items()}


def _write(path, start, count, compression=""):
  rows = np.arange(start, start + count)
  text = np.array([f"row {i} ☃".encode() for i in rows], object)
  data = {"x": rows[:, None] * [1.0, 0.5], "text": text, "label": rows % 2}
  with tf.io.TFRecordWriter(str(path), compression) as writer:
    for record in serialize(data, SPECS):
      writer.write(record)


def test_shards_are_read_in_the_order_of_their_names(tmp_path):
  for i in (2, 0, 1):
    _write(tmp_path / f"d-{i}.tfrecord", 10 * i, 10)
  examples = TFRecord(str(tmp_path / "d-*.tfrecord"), FEATURES).read()
  assert examples.specs() == {n: SPECS[n] for n in ("x", "text")}
  np.testing.assert_array_equal(examples.features["x"][:, 0], np.arange(30))
  assert examples.features["text"][29].decode() == "row 29 ☃"
  assert examples.labels.tolist() == [0, 1] * 15


@pytest.mark.parametrize(
  "name, compression, given",
  [("d.tfrecord.gz", "GZIP", None), ("d.z", "ZLIB", "ZLIB")],
)
def test_compressed_files_are_read(tmp_path, name, compression, given):
  _write(tmp_path / name, 0, 5, compression)
  source = TFRecord(str(tmp_path / name), FEATURES, compression=given)
  assert len(source.read()) == 5


def test_a_record_of_another_type_is_named_or_skipped(tmp_path):
  path = tmp_path / "d.tfrecord"
  _write(path, 0, 3)
  records = list(tf.io.tf_record_iterator(str(path)))
  wrong = tf.train.Example()
  wrong.features.feature["x"].float_list.value.append(1.0)
  records.insert(1, wrong.SerializeToString())
  with tf.io.TFRecordWriter(str(path)) as writer:
    for record in records:
      writer.write(record)
  with pytest.raises(UserError, match=r"d\.tfrecord, record 1: "):
    TFRecord(str(path), FEATURES).read()
  examples = TFRecord(str(path), FEATURES, bad_records="skip").read()
  assert (len(examples), examples.skipped) == (3, 1)


def test_a_damaged_file_is_named_or_its_rest_skipped(tmp_path):
  path = tmp_path / "d.tfrecord"
  _write(path, 0, 3)
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 0xFF
  path.write_bytes(bytes(content))
  with pytest.raises(UserError, match=r"d\.tfrecord, record 1: corrupted"):
    TFRecord(str(path), FEATURES).read()
  examples = TFRecord(str(path), FEATURES, bad_records="skip").read()
  assert (len(examples), examples.skipped) == (1, 1)


@pytest.mark.parametrize(
  "make, why",
  [
    (lambda p: TFRecord(p + "/*.tfrecord", FEATURES), "no file"),
    (lambda p: TFRecord(p, {"x": ("float", [])}), "did you mean 'float32'"),
    (lambda p: TFRecord(p, FEATURES, compression="BZ2"), "is 'BZ2'"),
  ],
)
def test_a_problem_is_reported(tmp_path, make, why):
  with pytest.raises(UserError, match=why):
    make(str(tmp_path)).read()


@pytest.mark.parametrize("features", [None, ["x"], {"x": 1}, {"x": ["int64"]}])
def test_features_of_records_are_dtypes_and_shapes(features):
  with pytest.raises(
    UserError, match=r"tfrecord\.features is .* dtype and shape"
  ):
    TFRecord("a", features)


def _example(**values) -> bytes:
  example = tf.train.Example()
  for name, value in values.items():
    feature = example.features.feature[name]
    kind = (
      feature.bytes_list if isinstance(value[0], bytes) else feature.int64_list
    )
    kind.value.extend(value)
  return example.SerializeToString()


@pytest.mark.parametrize(
  ("dtype", "values", "wanted"),
  [
    ("string", [[b"a", b"b"], [b"c"]], [(b"a", b"b"), (b"c",), ()]),
    ("int64", [[2, 0], [1]], [(2, 0), (1,), ()]),
  ],
)
def test_labels_may_vary_in_number(tmp_path, dtype, values, wanted):
  path = str(tmp_path / "a.tfrecord")
  with tf.io.TFRecordWriter(path) as writer:
    for value in values:
      writer.write(_example(x=[1], label=value))
    writer.write(_example(x=[1]))
  features = {"x": ("int64", []), "label": (dtype, [None])}
  assert TFRecord(path, features).read().labels.tolist() == wanted


@pytest.mark.parametrize(
  ("record", "why"),
  [
    (_example(y=[1], label=[0]), "record 1: no feature 'x'; it has: label, y"),
    (_example(x=[b"a"], label=[0]), "'x' is 1 values of string, and int64"),
    (
      _example(x=[1, 2], label=[0]),
      r"'x' is 2 values of int64, and int64 \[\]",
    ),
    (b"junk", "record 1: not a tf.Example"),
  ],
  # A serialized example, whose map has no order, would name the case.
  ids=["missing", "of another type", "too many", "junk"],
)
def test_a_record_without_a_feature_names_it(tmp_path, record, why):
  path = str(tmp_path / "a.tfrecord")
  with tf.io.TFRecordWriter(path) as writer:
    writer.write(_example(x=[1], label=[0]))
    writer.write(record)
  features = {"x": ("int64", []), "label": ("int64", [])}
  with pytest.raises(UserError, match=why):
    TFRecord(path, features).read()


def _write_lists(path, lists):
  with tf.io.TFRecordWriter(str(path)) as writer:
    for values in lists:
      feature = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
      example = tf.train.Example(
        features=tf.train.Features(feature={"ids": feature})
      )
      writer.write(example.SerializeToString())
  return str(path)


def test_features_of_any_length_are_padded_by_batch(tmp_path):
  path = _write_lists(tmp_path / "a", [[1, 2], [], [3, 4, 5, 6]])
  read = TFRecord(path, {"ids": ("int64", [None])}, label=None).read()
  assert read.specs() == {"ids": FeatureSpec("int64", (None,))}
  features, _ = read.take(slice(0, 2))
  assert features["ids"].tolist() == [[1, 2], [0, 0]]
  pairs = TFRecord(path, {"ids": ("int64", [None, 2])}, label=None).read()
  assert pairs.features["ids"][:].tolist() == [
    [[1, 2], [0, 0]],
    [[0, 0], [0, 0]],
    [[3, 4], [5, 6]],
  ]


@pytest.mark.parametrize(
  ("features", "message"),
  [
    ({"id": ("int64", [None])}, "no record has values of 'id'"),
    ({"ids": ("int64", [None, 3])}, "example 0 .* isn't a multiple of 3"),
    ({"ids": ("int64", [2, None])}, "only the first dimension may vary"),
  ],
)
def test_lists_that_do_not_fit_are_refused(tmp_path, features, message):
  path = _write_lists(tmp_path / "a", [[1, 2], [3, 4]])
  with pytest.raises(UserError, match=message):
    TFRecord(path, features, label=None).read()
