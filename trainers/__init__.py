"""The command's verbs, a file each: flags in, one library call, exit code."""
