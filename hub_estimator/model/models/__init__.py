"""Models: what builds the graph of a run.

In Python each part has its gin name, too: `models.transfer` is `models.Transfer`. A
model of yours follows the Protocol `Model`.
"""

from hub_estimator.model.models.function import Function
from hub_estimator.model.models.interface import Model, ModelFn, Parts
from hub_estimator.model.models.objective import Objective
from hub_estimator.model.models.transfer import Transfer

function = Function
objective = Objective
transfer = Transfer

__all__ = [
  "Function",
  "Model",
  "ModelFn",
  "Objective",
  "Parts",
  "Transfer",
  "function",
  "objective",
  "transfer",
]
