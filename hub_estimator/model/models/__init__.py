"""Models: what builds the graph of a run.

In Python each part has its gin name, too: `models.transfer` is `models.Transfer`. A
model of yours follows the Protocol `Model`.
"""

from hub_estimator.model.models.function import Function
from hub_estimator.model.models.interface import Model, ModelFn, Parts
from hub_estimator.model.models.transfer import Transfer

function = Function
transfer = Transfer

__all__ = [
  "Function",
  "Model",
  "ModelFn",
  "Parts",
  "Transfer",
  "function",
  "transfer",
]
