"""Gin's private names do what the library needs them for."""

import gin
import pytest

from hub_estimator.config import gin_internals


@gin.configurable(module="tests.gin_internals")
def scaled(*, factor=1, offset=0):
  return factor, offset


@gin.register(module="tests.gin_internals")
class Shape:
  def __init__(self, width, height=2):
    self.size = width * height


@pytest.fixture(autouse=True)
def _fresh():
  gin.clear_config()
  yield
  gin.clear_config()


def test_files_are_found_on_the_search_path_alone(tmp_path):
  for name in ("a", "b"):
    (tmp_path / name).mkdir()
    (tmp_path / name / f"{name}.gin").write_text("scaled.factor = 3\n")
  gin_internals.set_search_path([str(tmp_path / "a")])
  gin.parse_config_file("a.gin")
  assert scaled() == (3, 0)
  gin_internals.set_search_path([str(tmp_path / "b")])
  with pytest.raises(OSError, match="a.gin"):
    gin.parse_config_file("a.gin")


def test_imports_are_checked_inside_the_block_alone():
  seen = []

  def refuse(module, statement):
    seen.append((module, statement))
    raise ImportError("refused")

  with gin_internals.checked_imports(refuse):
    with pytest.raises(ImportError, match="refused"):
      gin.parse_config("import json")
  assert seen == [("json", "import json")]
  gin.parse_config("import json")


def test_bindings_of_one_configurable_are_hidden_and_come_back():
  gin.parse_config("scaled.factor = 3\nShape.width = 4\n")
  with gin_internals.without_bindings_of("scaled"):
    assert "scaled" not in gin.config_str()
    assert "Shape.width = 4" in gin.config_str()
  assert "scaled.factor = 3" in gin.config_str()


def test_parts_and_their_parameters_are_listed():
  parts = gin_internals.registered_parts()
  assert parts["tests.gin_internals.Shape"] is Shape
  assert gin_internals.parameters_of("Shape") == ["width", "height"]
  assert gin_internals.parameters_of("scaled") == ["factor", "offset"]
  assert gin_internals.parameters_of("no_such_part") is None


def test_macros_are_bound_or_used():
  gin.parse_config("FACTOR = 3\nUNUSED = 4\nscaled.factor = %FACTOR\n")
  assert gin_internals.bound_macros() == {"FACTOR", "UNUSED"}
  assert gin_internals.used_macros() == {"FACTOR"}
