"""What an ablation found, written down: run files, scores, results.json, report.md and report.html."""
