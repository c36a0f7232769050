import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.exporting.serving import serialize
from hub_estimator.inputs import FeatureSpec, TFRecord, read_file
from hub_estimator.tensorflow_runtime import tf

pytestmark = pytest.mark.usefixtures("in_memory_and_in_files")
COVERS = ("tf_examples", "tfrecord_shards")

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
  np.testing.assert_array_equal(examples.features["x"][:][:, 0], np.arange(30))
  assert examples.features["text"][:][29].decode() == "row 29 ☃"
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


@pytest.mark.parametrize("features", [["x"], {"x": 1}, {"x": ["int64"]}])
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


def test_features_are_inferred_and_named(tmp_path, new_log):
  for i in range(2):
    path = str(tmp_path / f"{i}.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
      for j in range(3):
        words = {"words": [b"a"] * (j + i)} if j + i else {}
        writer.write(_example(n=[j], pair=[i, j], label=[j % 2], **words))
  examples = TFRecord(str(tmp_path / "*.tfrecord")).read()
  assert examples.specs() == {
    "n": FeatureSpec("int64"),
    "pair": FeatureSpec("int64", (2,)),
    "words": FeatureSpec("string", (None,)),
  }
  assert examples.labels.tolist() == [0, 1, 0, 0, 1, 0]
  lengths = [len(list(filter(None, r))) for r in examples.features["words"][:]]
  assert lengths == [0, 1, 2, 1, 2, 3]
  assert "inputs.tfrecord.features = {'label': ('int64', [])" in new_log()


def test_features_of_two_types_cannot_be_inferred(tmp_path):
  path = str(tmp_path / "a.tfrecord")
  with tf.io.TFRecordWriter(path) as writer:
    writer.write(_example(n=[1], label=[0]))
    writer.write(_example(n=[b"a"], label=[0]))
  with pytest.raises(UserError, match="'n' is int64 .*string in another; set"):
    TFRecord(path).read()


def test_numbers_in_one_string_are_read_as_tensorflow_decodes_them(tmp_path):
  path = str(tmp_path / "a.tfrecord")
  rng = np.random.default_rng(1)
  pixels = rng.integers(0, 256, (5, 4, 3)).astype(np.uint8)
  floats = rng.normal(size=(5, 2)).astype(np.float32)
  with tf.io.TFRecordWriter(path) as writer:
    for p, f in zip(pixels, floats, strict=True):
      writer.write(_example(p=[p.tobytes()], f=[f.tobytes()], label=[1]))
  kinds = {
    "p": ("raw:uint8", [4, 3]),
    "f": ("raw:float32", [2]),
    "label": ("int64", []),
  }
  examples = TFRecord(path, kinds).read()
  assert examples.specs()["p"] == FeatureSpec("uint8", (4, 3))
  np.testing.assert_array_equal(examples.features["p"][:], pixels)
  np.testing.assert_array_equal(examples.features["f"][:], floats)
  with pytest.raises(UserError, match="record 0: 'p' holds 12 bytes, .* 13"):
    TFRecord(path, {**kinds, "p": ("raw:uint8", [13])}).read()


def test_defaults_stand_for_absent_features(tmp_path):
  path = str(tmp_path / "a.tfrecord")
  with tf.io.TFRecordWriter(path) as writer:
    writer.write(_example(x=[1, 2], label=[0]))
    writer.write(_example(label=[1]))
  features = {"x": ("int64", [2]), "label": ("int64", [])}
  with pytest.raises(UserError, match="record 1: no feature 'x'"):
    TFRecord(path, features).read()
  filled = TFRecord(path, features, defaults={"x": -1}).read()
  assert filled.features["x"][:].tolist() == [[1, 2], [-1, -1]]


def test_a_list_of_files_is_read_in_its_order(tmp_path):
  for i in range(2):
    _write(tmp_path / f"{i}", i, 1)
  paths = [str(tmp_path / "1"), str(tmp_path / "0")]
  examples = TFRecord(paths, FEATURES).read()
  assert examples.features["x"][:][:, 0].tolist() == [1, 0]


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
    (
      {"ids": ("int64", [None, 3])},
      "record 0: 'ids' holds 2 values, .* multiple of 3",
    ),
    ({"ids": ("int64", [2, None])}, "only the first dimension may vary"),
  ],
)
def test_lists_that_do_not_fit_are_refused(tmp_path, features, message):
  path = _write_lists(tmp_path / "a", [[1, 2], [3, 4]])
  with pytest.raises(UserError, match=message):
    TFRecord(path, features, label=None).read()


@pytest.mark.slow
@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_a_file_that_is_cut_anywhere_is_named(tmp_path, compression):
  path = tmp_path / "d.tfrecord"
  _write(path, 0, 3, compression)
  content = path.read_bytes()
  source = TFRecord(str(path), FEATURES, compression=compression)
  assert len(source.read()) == 3
  for end in range(2 if compression else 1, len(content)):
    path.write_bytes(content[:end])
    try:
      examples = source.read()
    except UserError as error:
      assert "\n" not in str(error)
      continue
    # Whole records: without compression, nothing says that there were more.
    assert not compression and len(examples) == 3 * end / len(content)


def test_members_of_gzip_are_read(tmp_path):
  parts = []
  for i in range(2):
    _write(tmp_path / f"{i}.gz", 10 * i, 5, "GZIP")
    parts.append((tmp_path / f"{i}.gz").read_bytes())
  path = tmp_path / "both.gz"
  path.write_bytes(b"".join(parts))
  assert len(TFRecord(str(path), FEATURES).read()) == 10


def test_a_record_whose_inner_length_is_wrong_is_named(tmp_path):
  path = str(tmp_path / "a.tfrecord")
  record = bytearray(_example(x=[1], label=[0]))
  record[1] += 9  # TensorFlow's own parser reads on.
  with tf.io.TFRecordWriter(path) as writer:
    writer.write(bytes(record))
  source = TFRecord(path, {"x": ("int64", [1]), "label": ("int64", [1])})
  with pytest.raises(UserError, match="record 0: not a tf.Example"):
    source.read()


def test_columns_that_are_kept_are_inferred_beside_the_runs_own(tmp_path):
  path = str(tmp_path / "a.tfrecord")
  with tf.io.TFRecordWriter(path) as writer:
    for row in range(3):
      writer.write(_example(text=[b"t"], id=[row], label=[0]))
  specs = {"text": FeatureSpec("string")}
  found = read_file(TFRecord(path), path, specs, ["id"])
  assert found.features["id"][:].tolist() == [0, 1, 2]
  assert set(found.features) == {"text", "id"}
  with pytest.raises(UserError, match="no feature 'ids'; did you mean 'id'"):
    read_file(TFRecord(path), path, specs, ["ids"])
