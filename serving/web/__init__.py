"""The web page: a shelf of videos that play, in plain HTML, CSS and JavaScript."""
