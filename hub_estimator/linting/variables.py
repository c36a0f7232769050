"""Checks variables: no optimizer's, and exactly the variants' own are stored."""

import pathlib
import re
from collections.abc import Iterator, Mapping, Sequence

from hub_estimator.linting.finding import Finding
from hub_estimator.linting.graph import Graph
from hub_estimator.modules import ModuleInfo
from hub_estimator.tensorflow_runtime import tf

_OPTIMIZER_OPS = re.compile(r"(Resource)?(Sparse)?Apply[A-Z]")
_SLOT = re.compile(
  r"/(Ftrl|Adagrad|Proximal\w*|Adam|Momentum|RMSProp|Adadelta)(_\d+)?$"
)
_PROXIMAL = re.compile(r"Ftrl|Proximal")


def check_optimizer_state(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields an optimizer's slots and ops."""
  for graph in graphs:
    slots = sorted(n for n in graph.variant.variables if _SLOT.search(n))
    ops = graph.ops(graph.nodes, _OPTIMIZER_OPS)
    if not slots and not ops:
      continue
    kinds = [graph.nodes[n].op for n in ops]
    if any(_PROXIMAL.search(name) for name in [*slots, *kinds]):
      why = (
        "a module doesn't export the L1 and L2 of a proximal optimizer, and its "
        "consumers can't set them"
      )
      fix = (
        "regularize with kernel_regularizer=, and build module_fn without the "
        "optimizer"
      )
    else:
      why = "it makes the module larger, and consumers use their own optimizer"
      fix = "build module_fn without the optimizer"
    yield Finding(
      "warning",
      "optimizer_state",
      graph.where,
      f"it contains an optimizer's state: {', '.join([*slots, *ops][:3])}",
      why,
      fix,
    )


def check_stored_variables(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields variables that are missing, of another shape, or never used."""
  stored = _stored_shapes(info)
  if stored is None:
    return
  used: set[str] = set()
  for graph in graphs:
    shapes = _merged_shapes(graph)
    used |= set(shapes)
    yield from _missing(graph, shapes, stored)
    yield from _misshapen(graph, shapes, stored)
  unused = sorted(set(stored) - used)
  if unused:
    yield Finding(
      "advice",
      "variables_stored",
      "variables",
      f"{len(unused)} stored variables belong to no variant: "
      f"{', '.join(unused[:3])}",
      "consumers download them for nothing",
      "export with hub.Module.export, which stores only a variant's variables",
    )


def _missing(
  graph: Graph, shapes: Mapping[str, object], stored: Mapping[str, object]
) -> Iterator[Finding]:
  missing = sorted(set(shapes) - set(stored))
  if missing:
    yield Finding(
      "error",
      "variables_stored",
      graph.where,
      f"{len(missing)} variables aren't stored: {', '.join(missing[:3])}",
      "the variant can't be loaded",
      "when you export, instantiate the variant with the most variables; it must "
      "contain those of all other variants",
    )


def _misshapen(
  graph: Graph,
  shapes: Mapping[str, tuple[int | None, ...] | None],
  stored: Mapping[str, list[int]],
) -> Iterator[Finding]:
  for name, shape in sorted(shapes.items()):
    if name in stored and shape is not None and list(shape) != stored[name]:
      yield Finding(
        "error",
        "variables_stored",
        graph.where,
        f"{name!r} is {list(shape)}, but {stored[name]} is stored",
        "the variant can't be loaded",
        "export variants whose variables have the same shapes",
      )
      return  # The first one shows the mistake.


def _merged_shapes(graph: Graph) -> dict[str, tuple[int | None, ...] | None]:
  """Returns shapes by name; None for a partitioned variable, stored whole."""
  shapes: dict[str, tuple[int | None, ...] | None] = {}
  for name, variable in graph.variant.variables.items():
    whole = re.sub(r"/part_\d+$", "", name)
    shapes[whole] = variable.shape if whole == name else None
  return shapes


def _stored_shapes(info: ModuleInfo) -> dict[str, list[int]] | None:
  """Returns shapes in the module's checkpoint; None if it isn't stored."""
  if info.path is None:
    return None
  prefix = pathlib.Path(info.path, "variables", "variables")
  if not prefix.with_name("variables.index").is_file():
    return {}
  shapes = tf.train.load_checkpoint(str(prefix)).get_variable_to_shape_map()
  return dict(shapes)
