"""The program of `make quickstart`.

Trains configs/runs/quickstart.gin, reloads both exports with plain TensorFlow
and plain `hub.Module`, classifies three sentences, and prints what came of it.
"""

import contextlib
import io
import json
import os
import sys
import time

from hub_estimator.trainers import main as command
from hub_estimator.trainers import startup


def main(model_dir: str = "runs/quickstart") -> int:
  """Runs the quickstart and prints what came of it."""
  started = time.monotonic()
  startup.import_tensorflow()
  with contextlib.redirect_stdout(io.StringIO()):  # It is in result.json.
    code = command.main(
      ["train", "--gin_file=runs/quickstart.gin", f"--model_dir={model_dir}"]
    )
  if code:
    return code
  with open(os.path.join(model_dir, "result.json"), encoding="utf-8") as file:
    result = json.load(file)
  model = os.path.join(model_dir, result["exports"]["latest"]["model"])
  module = os.path.join(
    model_dir, result["exports"]["latest"]["module"], "module"
  )

  from hub_estimator.tensorflow_runtime import hub, tf

  sentences = [
    "A moving, funny and beautifully acted film.",
    "Two hours of my life that I will never get back.",
    "The plot is thin, but the cast is wonderful.",
  ]
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], model)
    signature = loaded.signature_def["serving_default"]
    probabilities = session.run(
      signature.outputs["logistic"].name,
      {signature.inputs["sentence"].name: sentences},
    )
  with tf.Graph().as_default(), tf.Session() as session:
    embeddings = hub.Module(module)(sentences)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    width = session.run(embeddings).shape[1]

  print(f"\n{result['state']} after {result['steps']} steps")
  for name in ("accuracy", "auc", "loss"):
    print(f"  {name:9} {result['metrics'][name]:.4f} on held-out sentences")
  print(f"model_dir    {model_dir}")
  print(f"full model   {model}")
  print(f"module       {module}  (reloaded: {width} numbers a sentence)")
  for sentence, (probability,) in zip(sentences, probabilities, strict=True):
    print(f"  {probability:6.1%} positive: {sentence}")
  print(f"{time.monotonic() - started:.0f} s in all")
  return 0


if __name__ == "__main__":
  sys.exit(main(*sys.argv[1:]))
