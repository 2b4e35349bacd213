"""The importers: one file each, which `register` adds to the table."""
