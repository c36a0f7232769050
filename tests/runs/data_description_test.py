"""What a run reads is described without a graph."""

import json

from hub_estimator.trainers import main as command

from hub_estimator import runs
from tests.small_runs import GIN, make_experiment


def test_schema_report_and_first_examples(text, sentences_csv):
  found = runs.describe_data(make_experiment(text, sentences_csv))
  assert list(found.schema.features) == ["sentence"]
  assert found.schema.labels["label"].counts["train"] == {"0": 32, "1": 32}
  assert "evaluation: reads the training data" in found.report.text()
  assert found.examples[1] == {"sentence": "the bad film", "label": "0"}
  assert len(found.examples) == 3


def test_the_command_shows_a_file_or_a_run(
  dense, numbers_npz, sentences_csv, tmp_path, capsys
):
  file = tmp_path / "run.gin"
  file.write_text(GIN.format(module=dense, data=numbers_npz))
  assert command.main(["data", "--gin_file", str(file), "--json"]) == 0
  shown = json.loads(capsys.readouterr().out)
  assert shown["schema"]["features"]["x"]["shape"] == [4]
  assert len(shown["examples"]) == 3

  assert command.main(["data", sentences_csv, "--json"]) == 0
  shown = json.loads(capsys.readouterr().out)
  assert [c["kind"] for c in shown["columns"]] == ["name", "integer"]
  assert shown["repeated"] == 60

  for argv in (["data"], ["data", sentences_csv, "--gin_file", str(file)]):
    assert command.main(argv) == 2
    assert "one or two files or folders" in capsys.readouterr().err
