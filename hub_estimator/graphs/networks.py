"""A network of inference, run on many batches with weights that don't change.

With its weights as constants TensorFlow folds batch norm into convolutions and lays the
weights out once, and two batches at a time keep all cores busy: EfficientNet-Lite0 runs
1.5 times as fast. Numbers differ in a float's last digits.
"""

import collections
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures

import numpy as np

from hub_estimator.inputs import FeatureSpec
from hub_estimator.tensorflow_runtime import tf

# Larger ones hold tables, which gain nothing, and a graph bears 2 GB at most.
_MOST_BYTES = 256 << 20
_BATCHES_AT_ONCE = 2
# Variables whose output is a reference to their value, and ops that take references.
_REF_VARIABLES = ("Variable", "VariableV2")
_TAKE_REFERENCES = (
  "Apply",
  "Assign",
  "CountUpTo",
  "IsVariableInitialized",
  "Ref",
  "Scatter",
  "SparseApply",
)

Tensors = Mapping[str, tf.Tensor]


class Network:
  """A graph and, once it is run, its session; closed by `with` or `close`.

  Attributes:
    outputs: tensors by name, of the graph that is run.
  """

  def __init__(
    self,
    specs: Mapping[str, FeatureSpec],
    build: Callable[[Tensors], Tensors],
  ):
    """Builds it.

    Args:
      specs: type of each input of one example, by name.
      build: returns outputs, computed from inputs [batch, ...].
    """
    self._specs = specs
    with tf.Graph().as_default() as self._graph:
      self._inputs = self._make_inputs()
      self.outputs = build(self._inputs)
    self._session: tf.Session | None = None
    # Until it is known that no batch changes a variable.
    self._at_once = 1

  def run(
    self, batches: Iterable[Mapping[str, np.ndarray]]
  ) -> Iterator[dict[str, np.ndarray]]:
    """Yields the outputs of each batch, in order.

    Args:
      batches: arrays [batch, ...] of all inputs, by name.

    Raises:
      tf.errors.OpError: the network fails on a batch, in that batch's turn.
    """
    if self._session is None:
      self._session = self._open()

    def compute(batch):
      feeds = {self._inputs[name]: values for name, values in batch.items()}
      return self._session.run(self.outputs, feeds)

    waiting: collections.deque[futures.Future] = collections.deque()
    with futures.ThreadPoolExecutor(self._at_once) as pool:
      for batch in batches:
        waiting.append(pool.submit(compute, batch))
        if len(waiting) > self._at_once:
          yield waiting.popleft().result()
      while waiting:
        yield waiting.popleft().result()

  def close(self) -> None:
    """Frees the session; the next run opens another."""
    if self._session is not None:
      self._session.close()
      self._session = None

  def __enter__(self) -> "Network":
    return self

  def __exit__(self, *unused_error) -> None:
    self.close()

  def _make_inputs(self) -> dict[str, tf.Tensor]:
    return {
      name: tf.placeholder(tf.as_dtype(spec.dtype), [None, *spec.shape])
      for name, spec in self._specs.items()
    }

  def _open(self) -> tf.Session:
    """Returns a session in which variables and tables have their values."""
    with self._graph.as_default():
      session = tf.Session()
      session.run(tf.global_variables_initializer())
      variables = {v.op.name: v for v in tf.global_variables()}
      size = sum(
        (v.shape.num_elements() or 0) * v.dtype.size for v in variables.values()
      )
    if 0 < size <= _MOST_BYTES:
      fixed = self._with_constants(session.run(variables))
      if fixed is not None:
        session.close()
        self._place(fixed)
        session = tf.Session(graph=self._graph)
        self._at_once = _BATCHES_AT_ONCE
    with self._graph.as_default():
      session.run(tf.tables_initializer())
    return session

  def _wanted(self) -> list[str]:
    """Returns the names of the outputs, as import_graph_def takes them, and tables."""
    tables = self._graph.get_collection(tf.GraphKeys.TABLE_INITIALIZERS)
    return [
      *(tensor.name for tensor in self.outputs.values()),
      *(op.name for op in tables),
    ]

  def _with_constants(
    self, values: Mapping[str, np.ndarray]
  ) -> tf.GraphDef | None:
    """Returns what is wanted with values for variables; None where one must stay.

    One stays that is changed, or read otherwise than as a whole: in a branch, a loop,
    or some rows of it. TensorFlow's own conversion takes more, and drops the control
    inputs of what reads a variable: assertions no longer stop what they guard.
    """
    graph_def = self._graph.as_graph_def()
    for node in graph_def.node:
      node.attr.pop("_class", None)  # Colocation, with what may not be there.
      name, read = node.name, node.name
      if node.op == "ReadVariableOp":
        read = node.input[0]
      if node.op in ("ReadVariableOp", *_REF_VARIABLES) and read in values:
        constant = tf.make_tensor_proto(values[read])
        control = [i for i in node.input if i.startswith("^")]
        node.Clear()
        node.name, node.op = name, "Const"
        node.input.extend(control)
        node.attr["dtype"].type = constant.dtype
        node.attr["value"].tensor.CopyFrom(constant)
    names = [name.split(":")[0] for name in self._wanted()]
    wanted = tf.graph_util.extract_sub_graph(graph_def, names)
    stays = ("VarHandleOp", *_TAKE_REFERENCES)
    return None if any(n.op.startswith(stays) for n in wanted.node) else wanted

  def _place(self, graph_def: tf.GraphDef) -> None:
    """Takes a graph of the same inputs and outputs in place of the one that is there."""
    wanted, known = self._wanted(), {node.name for node in graph_def.node}
    with tf.Graph().as_default() as graph:
      inputs = self._make_inputs()
      found = tf.import_graph_def(
        graph_def,
        # Of an input that no output hangs on nothing is left.
        {
          tensor.name: inputs[name]
          for name, tensor in self._inputs.items()
          if tensor.op.name in known
        },
        wanted,
        name="network",
      )
      for op in found[len(self.outputs) :]:
        tf.add_to_collection(tf.GraphKeys.TABLE_INITIALIZERS, op)
    outputs = dict(zip(self.outputs, found, strict=False))
    self._graph, self._inputs, self.outputs = graph, inputs, outputs
