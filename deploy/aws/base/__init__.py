"""Parts that all others stand on: the network, the storage, the database and the feature store."""
