"""Checks ops that need more than TensorFlow and the module's own files."""

from collections.abc import Iterator, Sequence

from hub_estimator.linting.finding import Finding
from hub_estimator.linting.graph import Graph
from hub_estimator.modules import ModuleInfo

_FILE_AND_PYTHON_OPS = frozenset(
  (
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
)


def check_custom_ops(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields ops that TensorFlow alone doesn't register."""
  missing = info.foreign_ops()
  if missing:
    yield Finding(
      "warning",
      "custom_ops",
      "graph",
      f"TensorFlow alone lacks these ops: {', '.join(missing[:5])}",
      "a consumer needs the package that registers them",
      "name the package and its version in the documentation",
    )


def check_file_ops(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields ops that read or write files, or call Python."""
  for graph in graphs:
    found = sorted(graph.variant.ops & _FILE_AND_PYTHON_OPS)
    if found:
      yield Finding(
        "warning",
        "file_ops",
        graph.where,
        f"its graph accesses files or Python: {', '.join(found)}",
        "it can read and write files on a consumer's machine, and fails if those "
        "files or functions don't exist there",
        "leave reading and writing to the consumer; declare files as assets",
      )
