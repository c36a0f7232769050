"""Tokenizers: strings -> the token ids that modules read, in the graph.

In Python each part has its gin name, too: `tokenizers.wordpiece` is
`tokenizers.Wordpiece`. A tokenizer of yours follows the Protocol `Tokenizer`.
"""

import unicodedata

from hub_estimator.preprocessing.tokenizers.auto import Auto, is_default
from hub_estimator.preprocessing.tokenizers.sentencepieces import Sentencepiece
from hub_estimator.preprocessing.tokenizers.token_inputs import takes_tokens
from hub_estimator.preprocessing.tokenizers.wordpieces import Wordpiece

# Those of this package, which read what their `strings` name, and nothing else.
KNOWN = (Auto, Sentencepiece, Wordpiece)

# Of these tokenizers: changes with the tokens that they make.
RULES = f"2, Unicode {unicodedata.unidata_version}"

auto = Auto
sentencepiece = Sentencepiece
wordpiece = Wordpiece

__all__ = [
  "Auto",
  "KNOWN",
  "RULES",
  "Sentencepiece",
  "Wordpiece",
  "auto",
  "is_default",
  "sentencepiece",
  "takes_tokens",
  "wordpiece",
]
