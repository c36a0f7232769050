"""Gin files that ship with the package, found by name."""
