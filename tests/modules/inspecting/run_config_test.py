import pytest
from hub_estimator.trainers import main as command

import hub_estimator.experiments  # noqa: F401  Registers the parts.
import hub_estimator.publishing  # noqa: F401  Before gin is locked.
from hub_estimator import config, testing
from hub_estimator.modules import inspecting, read_module_info
from tests import module_zoo, sequence_modules
from tests.module_data import write_data

COVERS = ("choices", "needs")


@pytest.mark.parametrize("name", ["glove50_20k", "dm21_DM21"])
def test_the_run_config_builds_a_run(shared_module, name, tmp_path):
  info = read_module_info(shared_module(name))
  path = tmp_path / "run.gin"
  path.write_text(inspecting.to_gin(info))
  config.parse([str(path)])
  experiment = config.build("run")
  assert experiment.encoder.module.handle == info.handle
  signature = info.signature(experiment.encoder.module.signature)
  if experiment.encoder.adapter.inputs:
    assert set(experiment.encoder.adapter.inputs) == set(signature.inputs)


def _check(path, directory, monkeypatch, capsys):
  info = read_module_info(str(path))
  monkeypatch.chdir(directory)
  (directory / "run.gin").write_text(inspecting.to_gin(info))
  config.parse(["run.gin"])
  write_data(info, directory)
  code = command.main(["check", "--gin_file=run.gin"])
  assert code == 0, capsys.readouterr().err
  return (directory / "run.gin").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("module", module_zoo.ALL, ids=lambda m: m.__name__)
def test_the_run_config_of_any_module_passes_check(
  module, tmp_path, monkeypatch, capsys
):
  (tmp_path / "data").mkdir()
  path = module(tmp_path / "m")
  gin = _check(path, tmp_path / "data", monkeypatch, capsys)
  chosen = {
    "masked_tokens": "SIGNATURE = 'tokens'  # or: mlm, tokenization_info\n"
    "module.output = 'pooled_output'  # or: sequence_output\n",
    "likelihood": "module.output = 'hidden'  # or: a_sample, log_prob\n"
    "# These draw at random: a_sample.\n",
    "albert": "# By its signature 'tokenization_info', that is tokenizers.sentencep",
    "use_lite": "# By its signature 'spm_path', that is tokenizers.sentencepiece.\n"
    "adapter.tokenizer = @tokenizers.auto()\n"
    'tokenizers.auto.feature = "text"',
    "elmo_tokens": "SIGNATURE = 'tokens'",
    "segmenter": "module.output = 'vector'  # or: tokens\n",
    "style": "SIGNATURE = 'a'  # or: b, c, d, e, f, g, h, i and 17 more\n",
    "gan": "BATCH_SIZE = 4  # the only one",
    "volumes": '# adapter.pooling = "flatten"',
  }
  assert chosen.get(module.__name__, "SIGNATURE = 'default'") in gin


_OTHERS = {
  "batch_norm": testing.batch_norm_module,
  "dense": testing.dense_module,
  "ids": lambda path: sequence_modules.ids_module(path, "ids"),
  "masked_ids": lambda path: sequence_modules.ids_module(path, "input_ids"),
  "sparse": sequence_modules.sparse_module,
  "text": testing.text_module,
  "tokens": testing.token_module,
  "words": sequence_modules.words_module,
  "words_alone": lambda path: sequence_modules.words_module(
    path, takes_lengths=False
  ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", _OTHERS)
def test_the_run_config_of_every_test_module_passes_check(
  name, tmp_path, monkeypatch, capsys
):
  (tmp_path / "data").mkdir()
  path = _OTHERS[name](str(tmp_path / "m"))
  _check(path, tmp_path / "data", monkeypatch, capsys)


@pytest.mark.slow
def test_the_comments_of_an_image_modules_config_are_bindings(
  tmp_path, monkeypatch, capsys
):
  """Uncommented, they name the folders that `write_data` makes."""
  (tmp_path / "data").mkdir()
  path = module_zoo.detector(tmp_path / "m")
  gin = _check(path, tmp_path / "data", monkeypatch, capsys)
  assert "HEAD = @heads.multi_class()" in gin
  assert "run.train_input = @train/inputs.image_folder()" in gin
  for names, code in (('["b", "a"]', 0), ('["cat", "dog"]', 2)):
    with_names = gin.replace(
      '# multi_class.label_vocabulary = ["cat", "dog"]',
      f"multi_class.label_vocabulary = {names}",
    )
    assert with_names != gin
    (tmp_path / "data" / "run.gin").write_text(with_names)
    assert command.main(["check", "--gin_file=run.gin"]) == code
  assert "cat" in capsys.readouterr().err


@pytest.mark.slow
def test_the_comments_of_a_table_are_bindings(tmp_path, monkeypatch, capsys):
  (tmp_path / "data").mkdir()
  path = testing.text_module(str(tmp_path / "m"))
  gin = _check(path, tmp_path / "data", monkeypatch, capsys)
  for line in (
    '# binary.label_vocabulary = ["no", "yes"]',
    '# inputs.csv.label = "label"',
  ):
    assert line in gin
    gin = gin.replace(line, line.removeprefix("# "))
  (tmp_path / "data" / "run.gin").write_text(gin)
  for name in ("train.csv", "eval.csv"):
    path = tmp_path / "data" / name
    text = path.read_text().replace(",0\n", ",no\n").replace(",1\n", ",yes\n")
    path.write_text(text)
  assert command.main(["check", "--gin_file=run.gin"]) == 0, (
    capsys.readouterr().err
  )


@pytest.mark.slow
@pytest.mark.parametrize(
  "name",
  ["glove50_20k", "dm21_DM21", "enlite0_96_feature_vector", "half_plus_two_v1"],
)
def test_the_run_config_of_a_real_module_passes_check(
  shared_module, name, tmp_path, monkeypatch, capsys
):
  _check(shared_module(name), tmp_path, monkeypatch, capsys)
