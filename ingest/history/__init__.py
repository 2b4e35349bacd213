"""Import what people did elsewhere: exports of services, bookmarks, and the histories of browsers and players."""
