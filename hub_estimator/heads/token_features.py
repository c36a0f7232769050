"""Features that come with logits [batch, tokens, ...], for heads that read tokens."""

# Which tokens the module read, bool [batch, tokens].
TOKENS_READ = "hub_estimator/tokens_read"
# How many tokens each example has, int64 [batch].
LENGTH = "sequence_length"
# The words themselves, strings [batch, tokens], if the features are words.
WORDS = "hub_estimator/words"
