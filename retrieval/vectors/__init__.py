"""Vector search kernels: exact top-k, exact scan, IVF-PQ."""
