import json

from hub_estimator.trainers import main as command


def test_the_verb_prints_each_form(text, capsys):
  assert command.main(["inspect", text]) == 0
  assert "signature 'tokens'" in capsys.readouterr().out
  assert command.main(["inspect", text, "--json"]) == 0
  assert json.loads(capsys.readouterr().out)["assets"] == ["tokens.txt"]
  assert command.main(["inspect", text, "--gin"]) == 0
  assert f"HANDLE = {text!r}" in capsys.readouterr().out
  assert command.main(["inspect", "/no/module"]) == 2
  assert "doesn't exist" in capsys.readouterr().err
