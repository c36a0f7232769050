"""The outputs of a module that draw at random, told from those that don't."""

from collections.abc import Collection

from hub_estimator.graphs import find_random_ops, tensor_names
from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.tensorflow_runtime import hub_internals

# By signature, then by output: the types of its random ops.
RandomOutputs = dict[str, dict[str, list[str]]]


def random_outputs(
  info: ModuleInfo, tags: Collection[str] = ()
) -> RandomOutputs:
  """Returns the outputs of a variant that draw at random, and by which ops.

  They differ from call to call; all others are functions of the signature's inputs
  and the module's variables.

  Args:
    info: the module's description.
    tags: the tags of the variant.

  Returns:
    Types of random ops by signature and output. A signature without such outputs
    isn't there.
  """
  stored = hub_internals.meta_graph(info.spec, tags)
  wanted = {
    (name, output): tensor_names(tensor)
    for name, signature in stored.signature_def.items()
    for output, tensor in signature.outputs.items()
  }
  found: RandomOutputs = {}
  for (name, output), ops in find_random_ops(stored.graph_def, wanted).items():
    found.setdefault(name, {})[output] = ops
  return found
