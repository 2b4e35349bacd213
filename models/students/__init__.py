"""The networks of students: small models that imitate a language model's judgement of candidates."""
