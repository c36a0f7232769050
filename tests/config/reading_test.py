"""The bindings that a command reads are those that gin looks up."""

import gin
import pytest

from hub_estimator import config
from hub_estimator.config import reading

MODULE = "tests.reading"


@gin.register(module=MODULE)
def outer(part=None, function=None):
  return part, function


@gin.register(module=MODULE)
def inner(value=0, other=0):
  return value, other


@gin.configurable(module=MODULE)
def called_by_code(value=0, part=None):
  return value, part


def _read(text, *roots):
  gin.clear_config()
  gin.parse_config(text)
  return {
    reading.binding_name(key).replace(f"{MODULE}.", "")
    for key in reading.read_keys(roots or (f"{MODULE}.outer",))
  }


@pytest.fixture(autouse=True)
def _fresh():
  gin.clear_config()
  yield
  gin.clear_config()


@pytest.mark.parametrize(
  "text, read",
  [
    # Nobody refers to the part.
    ("inner.value = 1\nouter.part = 3", {"outer.part"}),
    (
      "outer.part = [{'x': @inner()}]\ninner.value = 1",
      {"outer.part", "inner.value"},
    ),
    # A scope is read by what is called in it, and so is what lies above it.
    (
      "outer.part = @a/b/inner()\ninner.value = 1\na/inner.value = 2\n"
      "a/b/inner.value = 3\nb/inner.value = 4",
      {"outer.part", "inner.value", "a/inner.value", "a/b/inner.value"},
    ),
    # A part without a scope is called in that of the part that holds it.
    (
      "outer.part = @a/outer()\na/outer.part = @inner()\na/inner.value = 1\n"
      "aa/inner.value = 1",
      {"outer.part", "a/outer.part", "a/inner.value"},
    ),
    (
      "outer.part = %M\nM = @inner()\nN = 2\nM/inner.value = 1",
      {"outer.part", "M", "M/inner.value"},
    ),
    # Functions that are passed read their bindings when they are called.
    (
      "outer.function = @inner\ninner.value = 1\ns/inner.value = 2",
      {"outer.function", "inner.value"},
    ),
    (
      "outer.function = @s/inner\ninner.value = 1\ns/inner.value = 2",
      {"outer.function", "inner.value", "s/inner.value"},
    ),
    # Code may call what gin has decorated, in any scope.
    (
      "s/called_by_code.part = @inner()\ninner.value = 1",
      {"s/called_by_code.part", "inner.value"},
    ),
  ],
)
def test_the_bindings_that_are_read_are_those_of_gins_lookups(text, read):
  assert _read(text) == read


def test_gin_looks_up_what_is_said_to_be_read():
  """In the scope of the part that holds it, as gin does it."""
  _read("outer.part = @a/outer()\na/outer.part = @inner()\na/inner.value = 7")
  assert gin.get_configurable(f"{MODULE}.outer")() == (((7, 0), None), None)


def test_names_that_could_be_read_have_their_scopes():
  _read("outer.part = @a/inner()\nM = 3\nouter.function = %M")
  names = reading.readable_names((f"{MODULE}.outer",))
  assert {"a/tests.reading.inner.value", "M"} <= names
  assert "b/tests.reading.inner.value" not in names
  assert config.registered_parts()
