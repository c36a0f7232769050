"""Sweeps: many runs from one config, over module handles and any binding."""
