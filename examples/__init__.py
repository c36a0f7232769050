"""Real modules and data from package registries, for the shipped configs."""
