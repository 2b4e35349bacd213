"""Choose the weights of the legs, and of a rerank, on one data set."""
