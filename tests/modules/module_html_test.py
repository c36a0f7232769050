from hub_estimator.modules import module_html, read_module_info


def test_each_signature_of_each_variant_has_a_row(batch_norm):
  info = read_module_info(batch_norm)
  html = module_html.to_html(info.handle, info.variants)
  assert html.count("<tr>") == 1 + 4
  assert "<td>[&#x27;train&#x27;]</td><td>other</td>" in html
  assert "<td>x: float32 [None, 4]</td>" in html
  assert info._repr_html_() == html


def test_a_handle_is_escaped(dense):
  info = read_module_info(dense)
  html = module_html.to_html("<script>&", info.variants)
  assert "<code>&lt;script&gt;&amp;</code>" in html
  assert "<script>" not in html
