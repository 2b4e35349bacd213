"""Snapshots of a home: published as immutable files to a folder or to object storage, and followed by servers."""
