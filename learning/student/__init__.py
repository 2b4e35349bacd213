"""Train a small student on the judgements of a language model: wishes, lists, judgements, training, gate."""
