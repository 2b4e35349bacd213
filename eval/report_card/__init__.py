"""The report card: how well Shortlist would have ranked the newest part of one reader's own past."""
