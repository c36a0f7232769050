"""The values of signatures without inputs, which describe a module."""

from collections.abc import Sequence

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.tensorflow_runtime import hub, tf


def read_signature(
  info: ModuleInfo, name: str, *, tags: Sequence[str] = ()
) -> dict[str, np.ndarray]:
  """Returns the outputs of a signature without inputs, by name.

  Such signatures describe the module: the path of its vocabulary, for example. No
  variable is loaded.

  Args:
    info: the module's description.
    name: the name of the signature.
    tags: the tags of the variant.

  Raises:
    UserError: the signature doesn't exist, takes inputs, or reads variables; or
      the module needs ops that this process lacks.
  """
  signature = info.signature(name, tags)
  if signature.inputs:
    raise UserError(
      f"Signature {name!r} of module {info.handle!r} takes inputs "
      f"({', '.join(sorted(signature.inputs))}); only signatures without inputs "
      "can be read."
    )
  info.check_ops_registered()
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(info.spec, tags=set(tags))
    outputs = module(signature=name, as_dict=True)
    session.run(tf.tables_initializer())
    try:
      values = session.run(outputs)
    except tf.errors.FailedPreconditionError as error:
      raise UserError(
        f"Signature {name!r} of module {info.handle!r} reads variables; only "
        "signatures that describe the module can be read."
      ) from error
  return {key: np.asarray(value) for key, value in values.items()}
