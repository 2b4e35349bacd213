"""What `shortlist doctor` looks at: the home, and what is needed from outside."""
