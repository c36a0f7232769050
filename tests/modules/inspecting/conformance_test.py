from hub_estimator.modules import inspecting, read_module_info


def test_departures_are_described(dense):
  found = inspecting.common_signatures(read_module_info(dense))
  assert found["text_embedding"] == [
    "it takes float32 [None, 4], not one string [None]"
  ]
  assert found["image_feature_vector"] == [
    "no signature 'image_feature_vector'"
  ]
