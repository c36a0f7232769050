"""The command's verbs, one file each: flags in, one library call, exit code out."""
