"""Pure functions on text: folding, sort keys, pinyin and the keys by which two spellings are the same thing."""
