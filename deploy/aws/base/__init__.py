"""Parts that all others stand on: the network, the storage and the database."""
