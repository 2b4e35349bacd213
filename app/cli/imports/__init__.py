"""`shortlist import`: bring a history from elsewhere, list imports, and undo one."""
