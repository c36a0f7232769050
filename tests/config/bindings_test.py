from hub_estimator import config


def test_a_file_builds_an_experiment_and_bindings_win(run_gin):
  config.parse([run_gin], ["MAX_STEPS = 7", 'module.name = "enc"'])
  experiment = config.build("run")
  assert experiment.max_steps == 7
  assert experiment.encoder.module.name == "enc"


def test_the_dump_reproduces_the_experiment(run_gin, tmp_path):
  config.parse([run_gin], ["MAX_STEPS = 7"])
  first = config.build("run")
  dumped = tmp_path / "config.gin"
  dumped.write_text(config.text())
  config.parse([str(dumped)])
  assert config.build("run") == first
  assert config.text() == dumped.read_text()
