"""Real modules and data from registry packages, for the shipped configs."""
