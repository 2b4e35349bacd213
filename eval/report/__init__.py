"""The results of an ablation as results.json, report.md and report.html."""
