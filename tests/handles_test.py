import shutil

import pytest

from hub_estimator import handles
from hub_estimator.errors import UserError


def test_a_path_and_its_file_url_are_the_same_module(dense):
  path, url = handles.resolve(dense), handles.resolve(f"file://{dense}")
  assert (path.path, path.fingerprint) == (url.path, url.fingerprint)


def test_the_fingerprint_follows_content_and_not_place(dense, tmp_path):
  copy = tmp_path / "copy"
  shutil.copytree(dense, copy)
  assert handles.fingerprint(str(copy)) == handles.fingerprint(dense)
  (copy / "assets.extra").mkdir()
  (copy / "assets.extra" / "note").write_text("not computed with")
  assert handles.fingerprint(str(copy)) == handles.fingerprint(dense)
  data = copy / "variables" / "variables.data-00000-of-00001"
  content = bytearray(data.read_bytes())
  content[0] ^= 1
  data.write_bytes(content)
  assert handles.fingerprint(str(copy)) != handles.fingerprint(dense)


def test_a_missing_directory_says_what_is_there(tmp_path):
  (tmp_path / "other").mkdir()
  with pytest.raises(UserError, match="doesn't exist; .* holds: other"):
    handles.resolve(str(tmp_path / "module"))


def test_a_saved_model_is_told_from_a_module(tmp_path, dense):
  (tmp_path / "saved_model.pb").write_bytes(b"")
  assert not handles.resolve(str(tmp_path)).is_tf1_module
  assert handles.resolve(dense).is_tf1_module


def test_an_empty_directory_is_not_a_module(tmp_path):
  with pytest.raises(
    UserError, match="holds no saved_model.pb; it holds: nothing"
  ):
    handles.resolve(str(tmp_path))


@pytest.mark.parametrize("handle", ["", None, 3])
def test_a_handle_is_a_string(handle):
  with pytest.raises(UserError, match="non-empty string"):
    handles.resolve(handle)


def test_an_unreachable_url_names_itself_and_the_cause(tmp_path, monkeypatch):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
  with pytest.raises(
    UserError, match="'http://127.0.0.1:9/m/1' can't be fetched"
  ):
    handles.resolve("http://127.0.0.1:9/m/1")
