import pytest

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.inputs.paths import existing_file, expand_path


def test_a_tilde_is_the_home_directory(monkeypatch, tmp_path):
  monkeypatch.setenv("HOME", str(tmp_path))
  (tmp_path / "a.csv").touch()
  assert expand_path("~/a", "it") == str(tmp_path / "a")
  assert existing_file("~/a.csv", "it") == str(tmp_path / "a.csv")


def test_a_missing_file_is_reported_with_its_neighbours(tmp_path):
  (tmp_path / "train.csv").touch()
  with pytest.raises(UserError, match="^No file .*did you mean 'train.csv'"):
    existing_file(str(tmp_path / "tran.csv"), "it")


@pytest.mark.parametrize("path", [None, 3, [3]])
@pytest.mark.parametrize(
  "kind", ["Csv", "ImageFolder", "Jsonl", "Npz", "Parquet", "TFRecord"]
)
def test_a_path_that_is_not_text_is_refused(kind, path):
  more = [{"x": ("float32", [])}] if kind == "TFRecord" else []
  with pytest.raises(UserError, match=r"^inputs\.[a-z_]+\.path is .*a path\.$"):
    getattr(inputs, kind)(path, *more).read()


def test_an_input_is_named_and_a_verb_is_not():
  with pytest.raises(UserError, match="^inputs.csv: no file 'a.csv'"):
    existing_file("a.csv", "inputs.csv")
  with pytest.raises(UserError, match="^No file 'a.csv'"):
    existing_file("a.csv", "predict")
