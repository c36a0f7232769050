"""Errors of verbs that aren't the user's mistake: one line each, and exit code 1."""

import os
import shutil

import numpy as np
import pytest
from hub_estimator.trainers import main as command

from hub_estimator import runs
from tests import module_zoo
from tests.small_runs import make_experiment

COVERS = ("main",)


def _failure(capsys, *argv, code=1):
  """Returns the last line of what a verb that fails says."""
  capsys.readouterr()
  assert command.main([*map(str, argv)]) == code
  captured = capsys.readouterr()
  assert captured.out == "" and "Traceback" not in captured.err
  last = captured.err.strip().splitlines()[-1]
  assert last.startswith(f"hub-estimator {argv[0]}: "), captured.err
  return last


@pytest.mark.slow
def test_an_export_that_is_not_what_was_trained_says_so_in_one_line(
  tmp_path, numbers_npz, capsys
):
  module = module_zoo.counting(tmp_path / "m")
  runs.train(make_experiment(module, numbers_npz), tmp_path / "run")
  line = _failure(capsys, "export", f"--model_dir={tmp_path / 'run'}")
  assert "The full model's signature 'serving_default': output" in line
  assert "differs from the live graph's by up to" in line
  assert not os.path.exists(tmp_path / "run" / "export" / "latest" / "model")


@pytest.fixture
def run(dense, numbers_npz, trained_runs, tmp_path):
  """A copy of a run, free to be damaged."""
  experiment = make_experiment(dense, numbers_npz)
  return trained_runs.copy(experiment, tmp_path / "run").model_dir


def test_a_damaged_batch_for_verification_is_told_by_tensorflows_own_words(
  run, capsys
):
  (examples,) = run.glob("*.tfrecord*")
  examples.write_bytes(examples.read_bytes()[:-7])
  line = _failure(capsys, "export", f"--model_dir={run}")
  assert "truncated record at" in line and "Read less bytes" in line


def test_an_error_of_the_file_system_names_the_file(run, capsys):
  shutil.rmtree(run / "export", ignore_errors=True)
  (run / "export").write_text("in the way")
  line = _failure(capsys, "export", f"--model_dir={run}")
  assert "export is not a directory" in line


def test_a_graph_that_cannot_be_built_is_no_traceback(
  dense, tmp_path, numbers_npz, capsys
):
  from tensorflow.core.protobuf import saved_model_pb2

  copy = tmp_path / "m"
  shutil.copytree(dense, copy)
  path = copy / "saved_model.pb"
  proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
  for node in proto.meta_graphs[0].graph_def.node:
    if node.op == "MatMul":
      node.input[0] = "nowhere"
  path.write_bytes(proto.SerializeToString())
  np.savez(tmp_path / "x.npz", x=np.zeros([3, 4], np.float32))
  line = _failure(
    capsys,
    *("apply", copy, f"--input={tmp_path / 'x.npz'}"),
    f"--output={tmp_path / 'y.npz'}",
    code=2,
  )
  assert "The infer graph can't be built" in line and "nowhere" in line
