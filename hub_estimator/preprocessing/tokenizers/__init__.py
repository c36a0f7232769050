"""Tokenizers: strings -> the token ids that modules read, in the graph.

In Python each part has its gin name, too: `tokenizers.wordpiece` is
`tokenizers.Wordpiece`. A tokenizer of yours follows the Protocol `Tokenizer`.
"""

import unicodedata

from hub_estimator.preprocessing.tokenizers.sentencepieces import Sentencepiece
from hub_estimator.preprocessing.tokenizers.wordpieces import Wordpiece

# Those of this package, which read what their `strings` name, and nothing else.
KNOWN = (Sentencepiece, Wordpiece)

# Of these tokenizers: changes with the tokens that they make.
RULES = f"2, Unicode {unicodedata.unidata_version}"

sentencepiece = Sentencepiece
wordpiece = Wordpiece

__all__ = [
  "KNOWN",
  "RULES",
  "Sentencepiece",
  "Wordpiece",
  "sentencepiece",
  "wordpiece",
]
