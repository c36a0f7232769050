"""The program behind `make quickstart`.

It trains configs/runs/quickstart.gin, reloads both exports with plain TensorFlow
and plain `hub.Module`, classifies three sentences, and prints the results.
"""

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Sequence

import numpy as np
from hub_estimator.trainers import main as command
from hub_estimator.trainers import startup

SENTENCES = (
  "A moving, funny and beautifully acted film.",
  "Two hours of my life that I will never get back.",
  "The plot is thin, but the cast is wonderful.",
)


def main(model_dir: str = "runs/quickstart") -> int:
  """Runs the quickstart, prints its results and returns the exit code.

  Args:
    model_dir: where the run writes its files.
  """
  started = time.monotonic()
  startup.import_tensorflow()
  with contextlib.redirect_stdout(io.StringIO()):  # result.json has it, too.
    code = command.main(
      ["train", "--gin_file=runs/quickstart.gin", f"--model_dir={model_dir}"]
    )
  if code:
    return code
  with open(os.path.join(model_dir, "result.json"), encoding="utf-8") as file:
    result = json.load(file)
  latest = result["exports"]["latest"]
  model = os.path.join(model_dir, latest["model"])
  module = os.path.join(model_dir, latest["module"], "module")
  probabilities = classify(model, SENTENCES)
  width = embed(module, SENTENCES).shape[1]

  print(f"\n{result['state']} after {result['steps']} steps")
  for name in ("accuracy", "auc", "loss"):
    print(f"  {name:9} {result['metrics'][name]:.4f} on held-out sentences")
  print(f"model_dir    {model_dir}")
  print(f"full model   {model}")
  print(f"module       {module}  (reloaded: {width} numbers per sentence)")
  for sentence, probability in zip(SENTENCES, probabilities, strict=True):
    print(f"  {probability:6.1%} positive: {sentence}")
  print(f"{time.monotonic() - started:.0f} s in total")
  return 0


def classify(model: str, sentences: Sequence[str]) -> np.ndarray:
  """Returns the probabilities of "positive", float32 [sentences].

  Args:
    model: an exported full model.
    sentences: what to classify.
  """
  from hub_estimator.tensorflow_runtime import tf

  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], model)
    signature = loaded.signature_def["serving_default"]
    probabilities = session.run(
      signature.outputs["logistic"].name,
      {signature.inputs["sentence"].name: list(sentences)},
    )
  return probabilities[:, 0]


def embed(module: str, sentences: Sequence[str]) -> np.ndarray:
  """Returns embeddings, float32 [sentences, width].

  Args:
    module: an exported module.
    sentences: what to embed.
  """
  from hub_estimator.tensorflow_runtime import hub, tf

  with tf.Graph().as_default(), tf.Session() as session:
    embeddings = hub.Module(module)(list(sentences))
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(embeddings)


if __name__ == "__main__":
  sys.exit(main(*sys.argv[1:]))
