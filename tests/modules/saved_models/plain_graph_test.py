from hub_estimator.modules.saved_models.plain_graph import main_signature


def test_the_main_signature_is_serving_default_or_the_first_by_name():
  assert main_signature(["b", "serving_default", "a"]) == "serving_default"
  assert main_signature(["b", "a"]) == "a"
