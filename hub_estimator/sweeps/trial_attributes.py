"""Names under which the study keeps facts about a trial beside its parameters."""

# Its place among the trials: people call it the trial's number.
SLOT = "slot"
# Set on a trial that was started although every slot was taken.
SURPLUS = "surplus"
# How many workers have tried it.
ATTEMPT = "attempt"
# Set on an interrupted trial when another trial continues it.
CONTINUED = "continued"
# The process that runs it, and the command that started that process.
WORKER = "worker"
COMMAND = "command"
# One line that says why it failed.
ERROR = "error"

# Its gin bindings, as text.
BINDINGS = "bindings"
# [step, value of the first goal] at each evaluation.
CURVE = "curve"
# Standard deviation of each goal over the repeats.
SPREADS = "spreads"

# Of its first run.
MODEL_DIR = "model_dir"
MODULES = "modules"
METRICS = "metrics"
STEPS = "steps"
SECONDS = "seconds"
BYTES = "bytes"
EXPORTS = "exports"
