"""The importers of what people keep to read: bookmarks, read-later lists, feeds. `register` adds them to the table."""
