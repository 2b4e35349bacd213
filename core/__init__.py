"""The vocabulary of Shortlist: records, configuration, errors, logging. Imports nothing of ours."""
