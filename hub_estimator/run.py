"""`python -m hub_estimator.run SCRIPT.py [ARGS…]`: see `hub-estimator run`."""

import sys

if __name__ == "__main__":
  from hub_estimator.trainers import main

  sys.exit(main.main(["run", *sys.argv[1:]]))
