"""Lists made for experiments: interleaved from two rankings, and explored at random."""
