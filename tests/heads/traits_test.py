from hub_estimator import heads


class _Mine(heads.Regression):
  pass


def test_heads_of_this_package_are_known_parts_included():
  assert heads.is_known(heads.Binary())
  assert heads.is_known(heads.Multi({"a": heads.MultiClass(3)}))
  assert not heads.is_known(_Mine())
  assert not heads.is_known(heads.Multi({"a": heads.Binary(), "b": _Mine()}))


def test_weight_columns_are_those_of_all_parts():
  weighted = heads.Binary(weight_column="w")
  assert heads.weight_columns(heads.Binary()) == set()
  assert heads.weight_columns(weighted) == {"w"}
  parts = {
    "a": weighted,
    "b": heads.Regression(weight_column="v"),
    "c": heads.Regression(),
  }
  assert heads.weight_columns(heads.Multi(parts)) == {"v", "w"}


def test_several_heads_have_logits_dimensions_by_name():
  parts = {"a": heads.MultiClass(3), "b": heads.Regression(2)}
  built = heads.Multi(parts).build()
  assert heads.logits_dimensions(built) == {"a": 3, "b": 2}
  assert heads.logits_dimensions(heads.Binary().build()) == {}
