"""One way to score videos a file; the table of all is in `retrieval/build.py`."""
