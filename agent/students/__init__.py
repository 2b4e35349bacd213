"""Students: small models that score candidates for a wish as a language model would."""
