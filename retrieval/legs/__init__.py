"""The retrieval legs, one per file. `retrieval/build.py` lists them."""
