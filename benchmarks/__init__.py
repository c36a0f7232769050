"""Commands that print JSON: always a ratio against a rival of the same run."""
