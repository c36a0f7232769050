"""From data and a handle to a config that passes check and trains."""

import json
import os
import pathlib
import pty
import re
import select
import subprocess
import sys

import numpy as np
import pytest
from hub_estimator.trainers import main as command

from hub_estimator import heads, testing
from hub_estimator.tensorflow_runtime import hub, tf
from tests.image_folders import write_images

COVERS = ("asking", "inputs_text")


@pytest.fixture(scope="module")
def image_module(tmp_path_factory):
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 8, 8, 3])
    scale = tf.get_variable("scale", [3], initializer=tf.ones_initializer())
    hub.add_signature(
      inputs={"images": images}, outputs=tf.reduce_mean(images, [1, 2]) * scale
    )

  path = tmp_path_factory.mktemp("m") / "images"
  return testing.export_module(str(path), module_fn)


@pytest.fixture
def here(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  return tmp_path


def _init_check_and_train(data, handle, *flags, capsys):
  """Returns (the config, the schema of its run)."""
  assert command.main(["init", str(data), handle, *flags]) == 0
  assert "wrote run.gin" in capsys.readouterr().out
  text = pathlib.Path("run.gin").read_text()
  assert command.main(["check", "--gin_file=run.gin"]) == 0
  few = ["--gin_param=MAX_STEPS = 3", "--gin_param=EVAL_EVERY_STEPS = 3"]
  assert (
    command.main(["train", "--gin_file=run.gin", "--model_dir=D", *few]) == 0
  )
  capsys.readouterr()
  return text, json.loads(pathlib.Path("D/schema.json").read_text())


def _films(path, *, rows=60):
  lines = ["id,review,stars,sentiment"]
  for i in range(rows):
    word = "bad" if i % 3 else "good"
    lines.append(f"r{i},a {word} film number {i},{i % 5 + 1},{word}")
  path.write_text("\n".join(lines) + "\n")
  return path


@pytest.mark.slow
def test_a_csv_of_text(here, text, capsys):
  config, schema = _init_check_and_train(
    _films(here / "films.csv"), text, capsys=capsys
  )
  assert "HEAD = @heads.binary()" in config
  assert "# Not read: id, stars." in config
  assert list(schema["features"]) == ["review"]
  assert schema["labels"]["label"]["classes"] == ["bad", "good"]
  assert schema["examples"]["train"] + schema["examples"]["eval"] == 60
  # The exported model predicts from rows of the same columns.
  assert (
    command.main(["predict", "--model_dir=D", f"--input={here}/films.csv"]) == 0
  )
  assert len(capsys.readouterr().out.splitlines()) == 60


@pytest.mark.slow
def test_a_label_that_the_user_names_and_integers_that_are_names(
  here, text, capsys
):
  config, schema = _init_check_and_train(
    _films(here / "films.csv"), text, "--label=stars", capsys=capsys
  )
  assert 'dtypes = {"stars": "string"}' in config
  assert schema["labels"]["label"]["classes"] == ["1", "2", "3", "4", "5"]


def test_a_csv_of_numbers_with_gaps(here, dense, capsys):
  rng = np.random.default_rng(0)
  lines = ["key,a,b,c,d,price"]
  for i, row in enumerate(rng.normal(size=[80, 4])):
    cells = [f"{v:.3f}" for v in row]
    cells[2] = "" if i == 5 else cells[2]
    lines.append(f"{i},{','.join(cells)},{row.sum():.3f}")
  (here / "houses.csv").write_text("\n".join(lines) + "\n")
  config, schema = _init_check_and_train(
    here / "houses.csv", dense, "--label=price", capsys=capsys
  )
  assert "HEAD = @heads.regression()" in config
  assert 'inputs.vector.columns = ["a", "b", "c", "d"]' in config
  assert "(c in 1 rows)" in config
  (vector,) = schema["features"].values()
  assert vector["shape"] == [4]
  assert schema["examples"]["train"] + schema["examples"]["eval"] == 79
  assert (
    command.main(["predict", "--model_dir=D", "--input=houses.csv"]) == 2
  )  # The blank is named, not skipped: predictions would lose their rows.
  assert "blank" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("beside", [False, True])
def test_a_folder_of_images(here, image_module, capsys, beside):
  folder = here / "pictures"
  if beside:
    write_images(folder / "train", {"cat": 12, "dog": 12, "emu": 12})
    write_images(folder / "valid", {"cat": 4, "dog": 4, "emu": 4}, seed=1)
  else:
    write_images(folder, {"cat": 20, "dog": 20, "emu": 20})
  config, schema = _init_check_and_train(folder, image_module, capsys=capsys)
  assert "HEAD = @heads.multi_class()" in config
  assert schema["labels"]["label"]["classes"] == ["cat", "dog", "emu"]
  if beside:
    assert schema["examples"] == {"train": 36, "eval": 12}
    assert f"Evaluation: on {folder}/valid." in config


@pytest.mark.slow
def test_a_table_of_paths_of_images(here, image_module, capsys):
  write_images(here / "files", {"a": 20, "b": 20})
  rows = sorted((here / "files").rglob("*.png"))
  for name, chosen in {"train": rows[::2], "test": rows[1::2]}.items():
    (here / f"{name}.csv").write_text(
      "file,breed\n"
      + "".join(f"{p.relative_to(here)},{p.parent.name}\n" for p in chosen)
    )
  config, schema = _init_check_and_train(
    "train.csv", image_module, capsys=capsys
  )
  assert 'inputs.image_table.path_column = "file"' in config
  assert 'eval/inputs.csv.path = "test.csv"' in config
  assert list(schema["features"]) == ["image"]
  assert schema["examples"] == {"train": 20, "eval": 20}


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_several_labels_a_row(here, text, capsys, ending):
  rows = [
    (
      f"text number {i}",
      ["a"] * (i % 2) + ["b"] * (i % 3 > 0) + ["c"] * (i % 5 == 0),
    )
    for i in range(60)
  ]
  lines = (
    [json.dumps({"text": t, "tags": tags}) for t, tags in rows]
    if ending == "jsonl"
    else ["text,tags", *(f"{t},{'|'.join(tags)}" for t, tags in rows)]
  )
  (here / f"data.{ending}").write_text("\n".join(lines) + "\n")
  config, schema = _init_check_and_train(f"data.{ending}", text, capsys=capsys)
  assert 'heads.multi_label.label_vocabulary = ["a", "b", "c"]' in config
  assert schema["labels"]["label"]["classes"] == ["a", "b", "c"]


@pytest.mark.slow
def test_jsonl_with_a_vector_and_classes(here, dense, capsys):
  rng = np.random.default_rng(0)
  (here / "data.jsonl").write_text(
    "".join(
      json.dumps({"x": rng.normal(size=4).tolist(), "group": i % 3}) + "\n"
      for i in range(60)
    )
  )
  config, schema = _init_check_and_train("data.jsonl", dense, capsys=capsys)
  assert "HEAD = @heads.multi_class()" in config
  assert schema["features"]["x"]["shape"] == [4]


@pytest.mark.slow
def test_npz(here, dense, numbers_npz, capsys):
  config, _ = _init_check_and_train(
    numbers_npz, dense, "--label=label", capsys=capsys
  )
  assert "inputs.split.source = @inputs.npz()" in config


@pytest.mark.parametrize(
  "flags, why",
  [
    (["--label=lable"], "no column 'lable' for the label"),
    (["--output={here}/films.csv"], "exists; name another file"),
    (["--eval=nope.csv", "--label=sentiment"], "No file 'nope.csv'"),
    (["--eval={here}/films.csv.jsonl"], "No file"),
  ],
)
def test_a_wrong_request_gets_one_line_and_no_file(
  here, text, capsys, flags, why
):
  films = _films(here / "films.csv")
  flags = [flag.format(here=here) for flag in flags]
  assert command.main(["init", str(films), text, *flags]) == 2
  assert why in capsys.readouterr().err
  assert os.listdir(here) == ["films.csv"]


def test_data_that_the_module_cannot_read_is_refused(
  here, dense, image_module, capsys
):
  films = str(_films(here / "films.csv"))
  for handle, why in {
    image_module: "The module reads images, and no column of",
    dense: "a vector of 4 numbers, and",
  }.items():
    assert command.main(["init", films, handle]) == 2
    assert why in capsys.readouterr().err


def test_the_heads_that_it_writes_exist():
  from hub_estimator.drafting import drafting

  assert set(drafting.HEADS.values()) <= set(heads.__all__)


def test_evaluation_data_without_a_column_is_refused(here, text, capsys):
  films = _films(here / "films.csv")
  (here / "other.csv").write_text("review,mood\nfine film,good\n")
  argv = ["init", str(films), text, "--eval=other.csv", "--label=sentiment"]
  assert command.main(argv) == 2
  assert "other.csv has no column 'sentiment'" in capsys.readouterr().err
  (here / "other.jsonl").write_text('{"review": "fine", "sentiment": "good"}\n')
  argv[3] = "--eval=other.jsonl"
  assert command.main(argv) == 2
  assert "need the same format" in capsys.readouterr().err


@pytest.mark.slow
def test_on_a_terminal_it_asks(here, text):
  films = str(_films(here / "films.csv"))
  screen, near = pty.openpty()
  asking = subprocess.Popen(
    [sys.executable, "-m", "hub_estimator.trainers.main", "init", films, text],
    stdin=near,
    stdout=near,
    stderr=near,
  )
  os.close(near)
  seen = _talk(screen, [b"7\n", b"stars\n", b"2\n"])
  assert asking.wait(60) == 0, seen
  assert seen.count("Type a number from 1 to") == 1
  assert "Which column is the label?" in seen and "What is 'stars'?" in seen
  assert "HEAD = @heads.regression()" in pathlib.Path("run.gin").read_text()


def _talk(screen, answers):
  """Returns what a command writes; each prompt gets the next answer."""
  answers, seen, answered = list(answers), b"", 0
  while select.select([screen], [], [], 60)[0]:
    try:
      part = os.read(screen, 4096)
    except OSError:  # The other side is closed.
      break
    seen += part
    prompts = len(re.findall(rb"\[[0-9]\] ", seen))
    if prompts > answered:
      answered = prompts
      os.write(screen, answers.pop(0) if answers else b"\n")
  return seen.decode()
