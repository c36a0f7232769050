"""Models: what builds the graph of a run, as a `model_fn`.

By default it joins modules, top, head and optimizer; it may be a user's own code. An
*encoder* says which modules are applied to which features. A *top* is the
layers between a module's output and its head, which compute the logits. Parts
of yours follow the Protocols `Encoder`, `Top`, `Metric` and `Column`.
"""

from hub_estimator.model import (
  acceleration,
  columns,
  encoders,
  hub_columns,
  metrics,
  models,
  reading,
  tops,
  towers,
)
from hub_estimator.model.application import Application
from hub_estimator.model.encoding import encoded_outputs
from hub_estimator.model.evaluated_loss import EXAMPLES_LOSS
from hub_estimator.model.finite_logits import LOGITS_NOT_FINITE
from hub_estimator.model.graph_modules import (
  AppliedModule,
  applied_modules,
  placed_modules,
)
from hub_estimator.model.interface import (
  Column,
  Encoder,
  HeadInput,
  Metric,
  Metrics,
  Top,
)
from hub_estimator.model.model_fn import make_model_fn
from hub_estimator.model.models import Model, ModelFn
from hub_estimator.model.predictions import pass_through, prediction_names

__all__ = [
  "Application",
  "AppliedModule",
  "Column",
  "EXAMPLES_LOSS",
  "Encoder",
  "HeadInput",
  "LOGITS_NOT_FINITE",
  "Metric",
  "Metrics",
  "Model",
  "ModelFn",
  "Top",
  "acceleration",
  "applied_modules",
  "columns",
  "encoded_outputs",
  "encoders",
  "hub_columns",
  "make_model_fn",
  "metrics",
  "models",
  "pass_through",
  "placed_modules",
  "prediction_names",
  "reading",
  "tops",
  "towers",
]
