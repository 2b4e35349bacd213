"""The web page: choose a reader, see why each video is there, watch, like, skip, chat, compare."""
