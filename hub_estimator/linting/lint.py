"""All checks, run on one module."""

from collections.abc import Callable, Iterator, Sequence

from hub_estimator.linting.batch_norm import (
  check_batch_norm,
  check_momentum,
  check_training_variant,
)
from hub_estimator.linting.dropout import check_dropout
from hub_estimator.linting.files import (
  check_assets,
  check_documentation,
  check_local_paths,
)
from hub_estimator.linting.finding import SEVERITIES, Finding
from hub_estimator.linting.graph import Graph
from hub_estimator.linting.ops import check_custom_ops, check_file_ops
from hub_estimator.linting.regularization import (
  check_losses,
  check_regularization,
)
from hub_estimator.linting.signatures import (
  check_hyperparameters,
  check_signatures,
  check_static_width,
)
from hub_estimator.linting.update_ops import check_update_ops
from hub_estimator.linting.variables import (
  check_optimizer_state,
  check_stored_variables,
)
from hub_estimator.modules import ModuleInfo

# The variants' graphs come sorted by tags, the default variant first.
Check = Callable[[ModuleInfo, Sequence[Graph]], Iterator[Finding]]

_CHECKS: tuple[Check, ...] = (
  check_signatures,
  check_static_width,
  check_training_variant,
  check_regularization,
  check_losses,
  check_optimizer_state,
  check_batch_norm,
  check_momentum,
  check_dropout,
  check_update_ops,
  check_stored_variables,
  check_hyperparameters,
  check_assets,
  check_local_paths,
  check_custom_ops,
  check_file_ops,
  check_documentation,
)


def lint(info: ModuleInfo) -> list[Finding]:
  """Returns where a module departs from the guidance, the gravest first.

  Args:
    info: the description of a stored module.
  """
  graphs = [
    Graph(info, variant)
    for _, variant in sorted(info.variants.items(), key=lambda i: sorted(i[0]))
  ]
  findings = [f for check in _CHECKS for f in check(info, graphs)]
  return sorted(
    dict.fromkeys(findings),  # Variants may share a finding: once is enough.
    key=lambda f: (SEVERITIES.index(f.severity), f.check, f.where),
  )
