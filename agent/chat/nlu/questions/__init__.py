"""Rules for questions that no list of recommendations answers: about the list shown, and about the catalogue."""
