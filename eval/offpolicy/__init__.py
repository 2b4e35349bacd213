"""Judge a variant by lists that another one showed: importance weights and a doubly robust estimate."""
