import pathlib
import shutil

from hub_estimator.handles import module_files


def test_the_size_is_that_of_all_files(dense):
  sizes = [
    p.stat().st_size for p in pathlib.Path(dense).rglob("*") if p.is_file()
  ]
  assert module_files.size_bytes(dense) == sum(sizes) > 0


def test_the_same_graph_is_written_as_the_same_bytes(dense, tmp_path):
  from tensorflow.core.protobuf import saved_model_pb2

  copy = shutil.copytree(dense, tmp_path / "copy") / "saved_model.pb"
  proto = module_files.write_in_fixed_order(copy)
  first = copy.read_bytes()
  assert saved_model_pb2.SavedModel.FromString(first) == proto
  module_files.write_in_fixed_order(copy)
  assert copy.read_bytes() == first
