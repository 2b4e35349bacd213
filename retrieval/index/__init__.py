"""The segmented index: build, merge, load, snapshot."""
