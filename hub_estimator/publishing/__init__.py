"""Makes modules that are fit to share."""
