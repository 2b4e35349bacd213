"""Public data sets, read from their own formats into one record. One file a kind of SPEC."""
