"""Data for the run config of any module."""

import pathlib

import numpy as np

from hub_estimator import config, inputs
from hub_estimator.modules import ModuleInfo, TensorInfo
from hub_estimator.tensorflow_runtime import tf


def write_data(info: ModuleInfo, directory: pathlib.Path) -> None:
  """Writes the data that a run config asks for, as its experiment reads it."""
  experiment = config.build("run")
  adapter = experiment.encoder.adapter
  signature = info.signature(
    experiment.encoder.module.signature, info.default_variant().tags
  )
  rng = np.random.default_rng(0)
  for source in (experiment.train_input, experiment.eval_input):
    path = directory / source.path
    if isinstance(source, inputs.ImageFolder):
      with tf.Graph().as_default(), tf.Session() as session:
        for label in "ab":
          (path / label).mkdir(parents=True)
          pixels = rng.integers(0, 255, (9, 9, 3), np.uint8)
          png = session.run(tf.io.encode_png(pixels))
          for i in range(4):
            (path / label / f"{i}.png").write_bytes(png)
      continue
    if adapter.tokenizer is not None:
      path.write_text("text,label\n" + "good,1\nbad,0\n" * 4)
      continue
    given = {
      name: tensor
      for name, tensor in signature.inputs.items()
      if name not in (adapter.constants or {})
    }
    if path.suffix == ".csv":
      cells = ["a b" if t.dtype == "string" else "1.5" for t in given.values()]
      lines = [",".join([*cells, str(i % 2)]) for i in range(8)]
      path.write_text("\n".join([",".join([*given, "label"]), *lines, ""]))
    else:
      arrays = {name: rows(tensor, rng) for name, tensor in given.items()}
      np.savez(path, label=np.arange(8) % 2, **arrays)


def rows(
  tensor: TensorInfo, rng: np.random.Generator, *, count: int = 8
) -> np.ndarray:
  """Returns rows for an input: words, small counts or numbers; or a scalar."""
  if tensor.shape == ():
    return np.ones((), tensor.dtype)
  size = (count, *(d or 2 for d in (tensor.shape or (None, 1))[1:]))
  if tensor.dtype == "string":
    return rng.choice(["good", "bad", "film"], size)
  if np.dtype(tensor.dtype).kind in "iu":
    return rng.integers(0, 3, size, tensor.dtype)
  return rng.normal(size=size).astype(tensor.dtype)
