import pytest

from hub_estimator import modules
from hub_estimator.errors import UserError


def test_a_string_of_tags_is_refused():
  with pytest.raises(UserError, match=r"write \['train'\]"):
    modules.ModuleSource("m", tags="train")


@pytest.mark.parametrize("name", ["../x", "/x", "a/../b", "", "a//b", "."])
def test_an_export_name_that_escapes_is_refused(name):
  with pytest.raises(UserError, match="escapes the export directory"):
    modules.ModuleSource("m", export_name=name)


@pytest.mark.parametrize(
  "fields, message",
  [
    ({"signature": []}, r"module.signature is \[\]; it must be a name\.$"),
    ({"signature": None}, "module.signature is None; it must be a name"),
    ({"output": 3}, "module.output is 3; it must be a name or None"),
    ({"name": None}, "module.name is None; it must be a name"),
    (
      {"export_name": {}},
      "module.export_name is {}; it must be a name or None",
    ),
    (
      {"trainable": "yes"},
      "module.trainable is 'yes'; it must be True or False",
    ),
  ],
)
def test_a_field_of_another_type_is_refused(fields, message):
  with pytest.raises(UserError, match=message):
    modules.ModuleSource("a", **fields)
