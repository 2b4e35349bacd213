"""Programs of the developers: they make what is shipped, and are not shipped themselves."""
