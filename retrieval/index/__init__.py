"""The segmented index: segments, manifest, merges and snapshots."""
