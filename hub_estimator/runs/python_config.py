"""The config.gin of a run that was defined in Python."""

from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment, to_gin

_REMARK = "# Defined in Python, with a part that gin can't name: "


def python_config(experiment: Experiment) -> str:
  """Returns gin text that defines a run, or a remark if gin can't name a part.

  Args:
    experiment: the run's definition.
  """
  try:
    return to_gin(experiment)
  except UserError as reason:
    return f"{_REMARK}{reason}\n"


def check_readable(config_text: str, model_dir: str) -> None:
  """Raises a UserError if a config.gin is only a remark.

  Args:
    config_text: the content of config.gin.
    model_dir: of the run, for the message.
  """
  if config_text.startswith(_REMARK):
    reason = config_text.removeprefix(_REMARK).strip()
    raise UserError(
      f"{model_dir!r} was defined in Python, and its config.gin can't say how: "
      f"{reason} Or pass the experiment."
    )
