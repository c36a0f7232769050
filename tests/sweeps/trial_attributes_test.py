"""Names that studies of earlier releases hold."""

from hub_estimator.sweeps import trial_attributes


def test_names_stay_as_older_studies_have_them():
  names = {
    value for name, value in vars(trial_attributes).items() if name.isupper()
  }
  assert names == {
    *("slot", "surplus", "attempt", "continued", "worker", "command", "error"),
    *("bindings", "curve", "spreads"),
    *(
      "model_dir",
      "modules",
      "metrics",
      "steps",
      "seconds",
      "bytes",
      "exports",
    ),
  }
