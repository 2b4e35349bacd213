"""Commands that run a home without attendance: the pipeline, features, drift, experiments, snapshots, backups."""
