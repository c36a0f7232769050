"""Commands that print JSON: each compares us with a rival measured in the same run."""
