"""Every run config that ships passes check and trains."""

import shutil

import pytest

import hub_estimator.experiments  # noqa: F401  Registers the parts.
from hub_estimator import config, runs
from hub_estimator.model_dir import results
from hub_estimator.sweeps.space import Fixed
from hub_estimator.sweeps.sweep import read_sweep

# EfficientNet's features of thousands of images would take most of the time.
FEWER_EXAMPLES = {
  "runs/fashion.gin": [
    "train/examples.fashion_mnist.n_examples = 64",
    "eval/examples.fashion_mnist.n_examples = 32",
  ]
}
RUNS = [name for name in config.shipped() if name.startswith("runs/")]


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_shipped_run_passes_check_and_trains(name, tmp_path):
  if "fashion" in name and not shutil.which("apt-get"):
    pytest.skip("Fashion-MNIST is Debian's package, and here is no apt-get")
  config.parse(
    [name],
    [
      "MAX_STEPS = 10",
      "EVAL_EVERY_STEPS = 10",
      "exports.kinds = ['final']",
      *FEWER_EXAMPLES.get(name, []),
    ],
  )
  experiment = config.build("run")
  result = runs.train(experiment, str(tmp_path), config_text=config.text())
  assert result.state == results.FINISHED
  final = result.exports["final"]
  assert (tmp_path / final["model"] / "saved_model.pb").exists()
  assert list((tmp_path / final["module"]).rglob("tfhub_module.pb"))


@pytest.mark.parametrize(
  "name", [n for n in config.shipped() if n.startswith("sweeps/")]
)
def test_a_shipped_sweep_binds_what_exists(name):
  config.parse([name])
  text = config.text(without="sweep")
  sweep = read_sweep()
  assert "# Parameters for sweep:" not in text
  for probe in sweep.space.probes():
    config.parse([name], sweep.space.suggest(Fixed(probe)))


def test_every_shipped_run_tells_its_purpose_and_what_to_expect():
  for name in RUNS:
    head = (config.CONFIGS_DIR / name).read_text().split("\n\n")[0]
    assert head.startswith("# ") and "Expect:" in head, name
