"""The guidance for publishers of TF1 Hub modules, as checks.

Source: tensorflow.org/hub/tf1_hub_module ("For publishers"), and
tensorflow.org/hub/common_signatures. What each check looks at is the graph as it
is stored; no variable is created.
"""

import dataclasses
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from hub_estimator.graphs import owner, reach, tensor_names
from hub_estimator.handles import module_files
from hub_estimator.modules import (
  ModuleInfo,
  SignatureInfo,
  VariantInfo,
  inspecting,
)
from hub_estimator.tensorflow_runtime import tf

SEVERITIES = ("error", "warning", "advice")
_TRAIN = "train"
# Of a moving average: 0.99 forgets 99% of the old statistics in 460 steps.
_LARGEST_MOMENTUM = 0.99
_LARGE_ASSET_BYTES = 100_000_000
_RANDOM = re.compile(
  r"(Stateless)?(Random(Uniform|StandardNormal|Gamma|Poisson)|TruncatedNormal|"
  r"ParameterizedTruncatedNormal|Multinomial|RandomShuffle)(Int)?(V\d)?$"
)
_MATRICES = re.compile(r"(Batch)?MatMul(V\d)?$|(Depthwise)?Conv\dD|Einsum$")
_FUSED_BATCH_NORM = re.compile(r"FusedBatchNorm(V\d)?$")
_OPTIMIZER_OP = re.compile(r"(Resource)?(Sparse)?Apply[A-Z]")
_SLOT = re.compile(
  r"/(Ftrl|Adagrad|Proximal\w*|Adam|Momentum|RMSProp|Adadelta)(_\d+)?$"
)
_PROXIMAL = re.compile(r"Ftrl|Proximal")
_ASSIGNMENT = re.compile(r"Assign(Sub|Add)?(VariableOp)?$")
_REACHING_OUT = (
  "EagerPyFunc",
  "FixedLengthRecordDatasetV2",
  "MatchingFiles",
  "MergeV2Checkpoints",
  "PyFunc",
  "PyFuncStateless",
  "ReadFile",
  "ReaderReadV2",
  "RestoreV2",
  "SaveV2",
  "TFRecordDataset",
  "TextLineDataset",
  "WholeFileReaderV2",
  "WriteFile",
)
_TABLE = re.compile(r"(Mutable)?HashTable")
_LOCAL_PATH = re.compile(rb"(?:^|_)((?:/[\w.+-]+){2,}\.[A-Za-z0-9]+)")


@dataclasses.dataclass(frozen=True)
class Finding:
  """One departure from the guidance.

  Attributes:
    severity: "error": it fails or trains wrongly; "warning": it works worse than
      it could; "advice".
    check: the check's name.
    where: of the module: a variant, signature, variable or file.
    what: was found.
    why: it matters.
    mend: what to do.
  """

  severity: str
  check: str
  where: str
  what: str
  why: str
  mend: str

  def __str__(self) -> str:
    return (
      f"{self.severity}: {self.check}: {self.where}: {self.what}\n"
      f"    why:  {self.why}\n    mend: {self.mend}"
    )


class _Graph:
  """A variant's graph, to walk in."""

  def __init__(self, info: ModuleInfo, variant: VariantInfo):
    meta_graph = info.spec._saved_model_handler.get_meta_graph(
      tags=set(variant.tags)
    )
    self.variant = variant
    self.where = f"variant {sorted(variant.tags)}"
    self.is_training = _TRAIN in variant.tags
    self.nodes = {node.name: node for node in meta_graph.graph_def.node}
    self.signatures = meta_graph.signature_def

  def reach(self, roots: Iterable[str]) -> set[str]:
    """Returns the names of nodes that some depend on, and theirs."""
    return reach(self.nodes, roots)

  def ops(self, names: Iterable[str], pattern: re.Pattern) -> list[str]:
    return sorted(n for n in names if pattern.match(self.nodes[n].op))

  def outputs(self) -> list[str]:
    """Returns the names of all signatures' outputs."""
    return [
      name for s in self.signatures.values() for name in _names(s.outputs)
    ]

  def variables(self, names: Iterable[str]) -> set[str]:
    """Returns those of some nodes that are stored variables."""
    return set(names) & set(self.variant.variables)

  def scalar(self, name: str) -> float | None:
    """Returns the value of a constant of one number."""
    node = self.nodes.get(owner(name))
    if node is None or node.op != "Const":
      return None
    value = tf.make_ndarray(node.attr["value"].tensor)
    if value.size != 1 or value.dtype.kind != "f":
      return None
    return float(value.reshape(()))


def lint(info: ModuleInfo) -> list[Finding]:
  """Returns what departs from the guidance, the gravest first.

  Args:
    info: of a module that is stored.
  """
  graphs = [
    _Graph(info, variant)
    for _, variant in sorted(info.variants.items(), key=lambda i: sorted(i[0]))
  ]
  findings = [f for check in _CHECKS for f in check(info, graphs)]
  # Once where variants share it.
  return sorted(
    dict.fromkeys(findings),
    key=lambda f: (SEVERITIES.index(f.severity), f.check, f.where),
  )


def _check_signatures(info: ModuleInfo, graphs) -> Iterator[Finding]:
  signatures = graphs[0].variant.signatures
  if "default" not in signatures:
    yield Finding(
      "warning",
      "default_signature",
      "signatures",
      f"there is no 'default', but {', '.join(sorted(signatures))}",
      "hub.Module(...)(x) applies it, and consumers swap modules by it",
      "add the main signature under the name 'default' too",
    )
  departures = inspecting.common_signatures(info)
  for name in ("image_feature_vector", "image_classification"):
    if name in signatures and departures[name]:
      yield _departs(name, f"signature {name!r}", departures[name])
  kinds = [_kind(s) for s in signatures.values()]
  if "image" in kinds and not {
    "image_feature_vector",
    "image_classification",
  } & set(signatures):
    yield Finding(
      "advice",
      "common_signature",
      "signatures",
      "it takes images, and has neither 'image_feature_vector' nor "
      "'image_classification'",
      "consumers find and swap image modules by these",
      "add the one that fits beside 'default'",
    )
  if (
    _kind(signatures.get("default")) == "text" and departures["text_embedding"]
  ):
    yield _departs(
      "text_embedding", "signature 'default'", departures["text_embedding"]
    )


def _departs(name: str, where: str, problems) -> Finding:
  return Finding(
    "warning",
    "common_signature",
    where,
    f"it departs from {name}: {'; '.join(problems)}",
    "code that was written for the common signature fails on it",
    "see tensorflow.org/hub/common_signatures",
  )


def _kind(signature: SignatureInfo | None) -> str | None:
  if signature is None or len(signature.inputs) != 1:
    return None
  (tensor,) = signature.inputs.values()
  if tensor.dtype == "string" and tensor.shape == (None,):
    return "text"
  is_image = tensor.shape is not None and len(tensor.shape) == 4
  return "image" if is_image and tensor.shape[3] == 3 else None


def _check_static_width(info, graphs) -> Iterator[Finding]:
  for graph in graphs:
    for name, signature in graph.variant.signatures.items():
      output = signature.outputs.get("default")
      if output is None or output.kind != "dense" or output.dtype == "string":
        continue
      unknown = output.shape is None
      if unknown or len(output.shape) > 1 and output.shape[-1] is None:
        yield Finding(
          "warning",
          "static_width",
          f"signature {name!r}",
          f"output 'default' is {output}",
          "a layer on top can't be sized before the graph runs",
          "set_shape the output, its last dimension at least",
        )


def _check_training_variant(info, graphs) -> Iterator[Finding]:
  if any(g.is_training for g in graphs):
    return
  graph = graphs[0]
  names = graph.reach(graph.outputs())
  if graph.ops(names, _FUSED_BATCH_NORM) or any(
    re.search(r"moving_(mean|variance)|population_mean", v)
    for v in graph.variant.variables
  ):
    yield Finding(
      "warning",
      "train_variant",
      "variants",
      f"it has batch norm, and no variant with the tag 'train', but "
      f"{info.tags_text()}",
      "fine-tuning keeps the old statistics for ever",
      "build module_fn with training=True for the tags {'train'} as well",
    )


def _check_regularization(info, graphs) -> Iterator[Finding]:
  training = [g for g in graphs if g.is_training] or graphs[:1]
  for graph in training:
    trainable = {
      n
      for n, v in graph.variant.variables.items()
      if v.trainable and len(v.shape) > 1
    }
    kernels = _kernels(graph) & trainable
    if not graph.variant.regularization_losses and trainable:
      yield Finding(
        "warning" if kernels else "advice",
        "regularization",
        graph.where,
        f"no regularization loss; trainable {'kernels' if kernels else 'matrices'}:"
        f" {len(kernels or trainable)}",
        "consumers who fine-tune overfit, and have nothing of yours to add",
        "pass kernel_regularizer= to layers, regularizer= to variables; the losses "
        "are exported",
      )
    yield from _check_losses(graph)


def _check_losses(graph: _Graph) -> Iterator[Finding]:
  fed, constant, flat = {}, [], {}
  for loss in graph.variant.regularization_losses:
    names = graph.reach([loss])
    read = graph.variables(names)
    placeholders = graph.ops(names, re.compile("Placeholder"))
    small = sorted(n for n in read if len(graph.variant.variables[n].shape) < 2)
    if placeholders:
      fed[loss] = placeholders[0]
    elif not read:
      constant.append(loss)
    elif small:
      flat[loss] = small[0]
  total = len(graph.variant.regularization_losses)
  if fed:
    loss, placeholder = next(iter(fed.items()))
    yield Finding(
      "error",
      "regularization_loss",
      graph.where,
      f"{len(fed)} of {total} losses depend on an input, as {loss} on "
      f"{placeholder}",
      "they hang on a placeholder that nobody feeds: training fails on them",
      "use kernel regularizers; activity regularizers can't be exported",
    )
  if constant:
    yield Finding(
      "warning",
      "regularization_loss",
      graph.where,
      f"{len(constant)} of {total} losses read no variable, as {constant[0]}",
      "they change the loss and train nothing",
      "build them from the kernels: kernel_regularizer=",
    )
  if flat:
    loss, variable = next(iter(flat.items()))
    yield Finding(
      "advice",
      "regularization_loss",
      graph.where,
      f"{len(flat)} of {total} losses read biases or scales, as {loss} reads "
      f"{variable}",
      "these are few, and held small they fit worse",
      "regularize kernels only",
    )


def _kernels(graph: _Graph) -> set[str]:
  """Returns the variables that a product reads as they are, or nearly."""
  found = set()
  for name in graph.ops(graph.reach(graph.outputs()), _MATRICES):
    for argument in graph.nodes[name].input:
      node = graph.nodes.get(owner(argument))
      for _ in range(4):  # Through reads, identities, casts and reshapes.
        if node is None:
          break
        if node.name in graph.variant.variables:
          found.add(node.name)
          break
        node = graph.nodes.get(owner(node.input[0])) if node.input else None
  return found


def _check_optimizers(info, graphs) -> Iterator[Finding]:
  for graph in graphs:
    slots = sorted(n for n in graph.variant.variables if _SLOT.search(n))
    ops = graph.ops(graph.nodes, _OPTIMIZER_OP)
    kinds = [graph.nodes[n].op for n in ops]
    found = slots + ops
    if not found:
      continue
    proximal = any(_PROXIMAL.search(f) for f in [*slots, *kinds])
    yield Finding(
      "warning",
      "optimizer_state",
      graph.where,
      f"it holds an optimizer's: {', '.join(found[:3])}",
      "L1 and L2 of a proximal optimizer aren't exported with a module, and its "
      "consumers can't set them"
      if proximal
      else "it makes the module larger, and consumers bring their own",
      "regularize by kernel_regularizer=, and build module_fn without the "
      "optimizer"
      if proximal
      else "build module_fn without the optimizer",
    )


def _check_batch_norm(info, graphs) -> Iterator[Finding]:
  for graph in graphs:
    names = graph.reach(graph.outputs())
    # True, its default, is left out of a graph that is stored.
    on_batches = [
      n
      for n in graph.ops(names, _FUSED_BATCH_NORM)
      if "is_training" not in graph.nodes[n].attr
      or graph.nodes[n].attr["is_training"].b
    ]
    if on_batches and not graph.is_training:
      yield Finding(
        "error",
        "batch_norm",
        graph.where,
        f"{on_batches[0]} and {len(on_batches) - 1} more normalise by the batch",
        "an example's output depends on the others of its batch",
        "build module_fn with training=False for the variant without 'train'",
      )
    if on_batches and graph.is_training and not graph.variant.update_ops:
      yield Finding(
        "error",
        "batch_norm",
        graph.where,
        f"{len(on_batches)} batch norms, and no update ops",
        "the statistics that inference reads are never trained",
        "let the layers add their updates to UPDATE_OPS",
      )
    momenta = {}
    for update in graph.variant.update_ops:
      momentum = _momentum(graph, update)
      if momentum is not None and momentum > _LARGEST_MOMENTUM:
        momenta.setdefault(momentum, []).append(update)
    for momentum, updates in sorted(momenta.items()):
      steps = int(np.ceil(np.log(0.01) / np.log(momentum)))
      yield Finding(
        "warning",
        "batch_norm_momentum",
        graph.where,
        f"{len(updates)} moving averages have a momentum of {momentum:g}",
        f"it takes {steps:,} steps until 99% of a statistic is the consumer's "
        "own, more than small data or large batches give",
        f"use {_LARGEST_MOMENTUM:g} or less, or a signature with the momentum as "
        "an input",
      )


def _momentum(graph: _Graph, update: str) -> float | None:
  """Returns that of `moving -= (1 - momentum) * (moving - batch)`, or None."""
  node = graph.nodes.get(owner(update))
  if node is None or not _ASSIGNMENT.match(node.op) or len(node.input) < 2:
    return None
  names = [node.input[1]]
  for _ in range(3):
    inner = []
    for name in names:
      inner_node = graph.nodes.get(owner(name))
      if inner_node is None:
        continue
      if inner_node.op in ("Mul", "MulNoNan"):
        for argument in inner_node.input:
          value = graph.scalar(argument)
          if value is not None and 0 < value < 1:
            return round(1 - value, 6)
      inner += list(inner_node.input)
    names = inner
  return None


def _check_dropout(info, graphs) -> Iterator[Finding]:
  for graph in graphs:
    if graph.is_training:
      continue
    random = graph.ops(graph.reach(graph.outputs()), _RANDOM)
    if random:
      yield Finding(
        "error",
        "dropout",
        graph.where,
        f"its outputs depend on chance: {', '.join(random[:3])}",
        "evaluation and serving give another answer each time",
        "build dropout and noise for the tags {'train'} alone",
      )


def _check_update_ops(info, graphs) -> Iterator[Finding]:
  for graph in graphs:
    if not graph.variant.update_ops:
      continue
    if not graph.is_training:
      yield Finding(
        "warning",
        "update_ops",
        graph.where,
        f"{len(graph.variant.update_ops)} update ops",
        "a consumer who evaluates with it may change its variables",
        "add updates for the tags {'train'} alone",
      )
    of_signature = {
      name: {owner(n) for n in _names(signature.inputs)}
      for name, signature in graph.signatures.items()
    }
    tied: dict[tuple[str, ...], list[str]] = {}
    for update in graph.variant.update_ops:
      reached = graph.reach([update])
      users = tuple(
        sorted(n for n, inputs in of_signature.items() if inputs & reached)
      )
      tied.setdefault(users, []).append(update)
    for users, updates in sorted(tied.items()):
      if not users:
        yield Finding(
          "warning",
          "update_ops",
          graph.where,
          f"{updates[0]} and {len(updates) - 1} more depend on no input",
          "they run at each application, whatever it is given",
          "tie an update to what is computed of the signature's input",
        )
      elif set(users) != set(of_signature):
        others = sorted(set(of_signature) - set(users))
        yield Finding(
          "warning",
          "update_ops",
          graph.where,
          f"{len(updates)} update ops are of the signature {', '.join(users)} "
          f"alone, not of {', '.join(others)}",
          "hub.Module adds all of them whichever signature is applied, and those "
          "of another wait for an input that nobody feeds (hub_estimator leaves "
          "them out)",
          "use one signature with several outputs, or one placeholder for all",
        )


def _check_variables(info, graphs) -> Iterator[Finding]:
  stored = _stored_variables(info)
  if stored is None:
    return
  used = set()
  for graph in graphs:
    variables = _merged(graph)
    used |= set(variables)
    lost = sorted(set(variables) - set(stored))
    if lost:
      yield Finding(
        "error",
        "variables_stored",
        graph.where,
        f"{len(lost)} variables aren't stored: {', '.join(lost[:3])}",
        "the variant can't be loaded",
        "instantiate the variant with the most variables when you export; each "
        "other's are among these",
      )
    other = sorted(
      n
      for n, shape in variables.items()
      if n in stored and shape is not None and list(shape) != stored[n]
    )
    if other:
      yield Finding(
        "error",
        "variables_stored",
        graph.where,
        f"{other[0]!r} is {list(variables[other[0]])}, and {stored[other[0]]} is "
        "stored",
        "the variant can't be loaded",
        "export variants of the same shapes",
      )
  unused = sorted(set(stored) - used)
  if unused:
    yield Finding(
      "advice",
      "variables_stored",
      "variables",
      f"{len(unused)} are stored that no variant has: {', '.join(unused[:3])}",
      "they are downloaded for nothing",
      "export by hub.Module.export, which stores a variant's own",
    )


def _merged(graph: _Graph) -> Mapping[str, tuple | None]:
  """Returns shapes by name; a partitioned variable is stored as one, of None."""
  shapes = {}
  for name, variable in graph.variant.variables.items():
    whole = re.sub(r"/part_\d+$", "", name)
    shapes[whole] = variable.shape if whole == name else None
  return shapes


def _stored_variables(info: ModuleInfo) -> Mapping[str, Any] | None:
  if info.path is None:
    return None
  prefix = pathlib.Path(info.path, "variables", "variables")
  if not prefix.with_name("variables.index").is_file():
    return {}
  return tf.train.load_checkpoint(str(prefix)).get_variable_to_shape_map()


def _check_hyperparameters(info, graphs) -> Iterator[Finding]:
  scalars = {
    name: sorted(
      n
      for n, t in signature.inputs.items()
      if t.shape == () and t.dtype in ("float32", "float64", "bool")
    )
    for graph in graphs
    for name, signature in graph.variant.signatures.items()
  }
  if scalars.get("default"):
    yield Finding(
      "warning",
      "hyperparameters",
      "signature 'default'",
      f"it takes hyperparameters: {', '.join(scalars['default'])}",
      "every consumer has to give them, and modules can't be swapped",
      "put them into a signature of their own, beside a 'default' without",
    )
  training = [g for g in graphs if g.is_training]
  has_some = any(
    g.variant.update_ops or g.ops(g.reach(g.outputs()), _RANDOM)
    for g in training
  )
  if has_some and not any(scalars.values()):
    yield Finding(
      "advice",
      "hyperparameters",
      "signatures",
      "dropout or batch norm in training, and no signature that lets a consumer "
      "set its rate or momentum",
      "what fits depends on the consumer's data",
      "add a signature with these as scalar inputs",
    )


def _check_assets(info, graphs) -> Iterator[Finding]:
  if info.path is None:
    return
  root = pathlib.Path(info.path, "assets")
  read = module_files.asset_names(info.path)
  for path in sorted(root.rglob("*")) if root.is_dir() else ():
    if not path.is_file():
      continue
    name = str(path.relative_to(root))
    if name not in read:
      yield Finding(
        "advice",
        "assets",
        f"asset {name!r}",
        "nothing in the graph reads it",
        "it is downloaded for nothing",
        "leave it out, or keep it in assets.extra/ if it is for people",
      )
    if path.stat().st_size > _LARGE_ASSET_BYTES:
      yield Finding(
        "warning",
        "assets",
        f"asset {name!r}",
        f"it has {path.stat().st_size / 1e6:,.0f} MB",
        "each process reads it before its first step",
        "keep numbers in variables, which load faster and can be trained",
      )


def _check_local_paths(info, graphs) -> Iterator[Finding]:
  for graph in graphs:
    for name in graph.ops(graph.nodes, _TABLE):
      local = _LOCAL_PATH.search(graph.nodes[name].attr["shared_name"].s)
      if local:
        yield Finding(
          "advice",
          "local_paths",
          f"table {name!r}",
          f"its name in a session is the path {local.group(1).decode()!r}",
          "it tells of the machine that made the module, and the same module made "
          "elsewhere has other bytes",
          "give the table a shared_name",
        )


def _check_ops(info, graphs) -> Iterator[Finding]:
  missing = info.missing_ops()
  if missing:
    yield Finding(
      "warning",
      "custom_ops",
      "graph",
      f"ops that TensorFlow alone doesn't have: {', '.join(missing[:5])}",
      "a consumer needs the package that registers them",
      "name the package and its version in the documentation",
    )


def _check_file_ops(info, graphs) -> Iterator[Finding]:
  for graph in graphs:
    found = sorted(graph.variant.ops & set(_REACHING_OUT))
    if found:
      yield Finding(
        "warning",
        "file_ops",
        graph.where,
        f"its graph reaches files or Python: {', '.join(found)}",
        "it may read or write what it likes on a consumer's machine, and fails "
        "where that isn't there",
        "leave reading and writing to the consumer; name files as assets",
      )


def _check_documentation(info, graphs) -> Iterator[Finding]:
  if info.path is None:
    return
  root = pathlib.Path(info.path)
  texts = [
    path
    for folder in (root, root / "assets.extra")
    for path in folder.glob("*")
    if path.suffix.lower() in (".md", ".rst", ".html")
    or path.name.lower().startswith("readme")
  ]
  if not texts:
    yield Finding(
      "advice",
      "documentation",
      "files",
      "there is none with the module",
      "consumers need to know its inputs, data, licence, and how to fine-tune it",
      "attach a README.md: publish --documentation, or assets.extra/README.md",
    )


_CHECKS: tuple[Callable, ...] = (
  _check_signatures,
  _check_static_width,
  _check_training_variant,
  _check_regularization,
  _check_optimizers,
  _check_batch_norm,
  _check_dropout,
  _check_update_ops,
  _check_variables,
  _check_hyperparameters,
  _check_assets,
  _check_local_paths,
  _check_ops,
  _check_file_ops,
  _check_documentation,
)


def _names(infos) -> list[str]:
  """Returns the tensors of a signature's inputs or outputs."""
  return [name for info in infos.values() for name in tensor_names(info)]
