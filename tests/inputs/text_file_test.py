import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, Jsonl

pytestmark = pytest.mark.usefixtures("in_memory_and_in_files")


@pytest.mark.parametrize(
  ("kind", "text"),
  [
    (Csv, "a,b,label\n1,x,0\n2,y,1\n"),
    (Jsonl, '{"a": 1, "b": "x", "label": 0}\n{"a": 2, "b": "y", "label": 1}\n'),
  ],
)
def test_both_formats_give_the_same_examples(tmp_path, kind, text):
  path = tmp_path / "file"
  path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
  examples = kind(str(path), features=["b"]).read()
  assert {n: c[:].tolist() for n, c in examples.features.items()} == {
    "b": [b"x", b"y"]
  }
  assert examples.labels.tolist() == [0, 1]
  assert (examples.source, examples.skipped) == (str(path), 0)


@pytest.mark.parametrize(
  ("kind", "text"), [(Csv, "a,label\n1\n"), (Jsonl, '{"a": 1\n')]
)
def test_a_file_of_bad_rows_alone_has_no_examples(tmp_path, kind, text):
  path = tmp_path / "file"
  path.write_text(text)
  with pytest.raises(UserError, match="no examples; bad rows skipped: 1"):
    kind(str(path), bad_records="skip").read()


@pytest.mark.parametrize("kind", [Csv, Jsonl])
def test_a_file_in_another_encoding_is_refused(tmp_path, kind):
  path = tmp_path / "file"
  path.write_bytes(b"a,label\n\xff,1\n")
  with pytest.raises(UserError, match="file isn't UTF-8"):
    kind(str(path)).read()
