from tests.features.small_outputs import outputs_for, placed_modes


def test_a_width_is_known_without_a_graph_once_one_was_built(
  dense, x, cache_dir
):
  assert outputs_for([x], dense).widths == [3]
  (file,) = cache_dir.glob("*.width")
  with placed_modes() as built:
    assert outputs_for([x], dense).widths == [3]
  assert not built
  for damaged in (file.read_text().replace("3 ", "4 ", 1), "", "x", "3"):
    file.write_text(damaged)
    with placed_modes() as built:
      assert outputs_for([x], dense).widths == [3]
    assert len(built) == 1
  with placed_modes() as built:
    assert outputs_for([x], dense).widths == [3]
  assert not built
