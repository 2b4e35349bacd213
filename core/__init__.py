"""Records, configuration, errors and logging. It imports no other package of Shortlist."""
