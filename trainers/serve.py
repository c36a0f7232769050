"""Answer requests with the exported models of a run, as TensorFlow Serving does.

Speaks TensorFlow Serving's REST API: /v1/models/latest:predict, and likewise for each
other folder of MODEL_DIR/export. Newer versions are taken up while it runs. It has no
login and no TLS; put a web server in front. Needs the extra: pip install
'hub-estimator[serve]'.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument("model_dir", metavar="MODEL_DIR", help="of the run")
  parser.add_argument(
    "--host",
    default="127.0.0.1",
    help="the address to listen on; 0.0.0.0 serves other machines (default: "
    "%(default)s)",
  )
  parser.add_argument(
    "--port",
    type=int,
    default=8501,
    help="the port; 0 picks a free one (default: %(default)s)",
  )
  parser.add_argument(
    "--max_body_mib",
    type=float,
    default=64,
    metavar="N",
    help="larger requests are refused (default: %(default)s)",
  )
  parser.add_argument(
    "--timeout_s",
    type=float,
    default=60,
    metavar="N",
    help="seconds in which the model must answer (default: %(default)s)",
  )


def main(args: argparse.Namespace) -> int:
  """Serves until interrupted."""
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  from hub_estimator.serving import Limits, ModelServer

  server = ModelServer(
    args.model_dir,
    host=args.host,
    port=args.port,
    limits=Limits(body_mib=args.max_body_mib, run_s=args.timeout_s),
  )
  for name in server.models.names:
    print(f"{server.url}/v1/models/{name}:predict")
  print(f"serving {args.model_dir} at {server.url}", flush=True)
  server.serve()
  return 0
