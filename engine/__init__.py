"""An open home that answers. The command line, the servers, the export and the Python API are faces over it."""
