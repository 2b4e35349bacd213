"""Vector search kernels: exact top-k, scan, IVF-PQ."""
