"""What goes wrong, made to go wrong: real processes, really killed."""
