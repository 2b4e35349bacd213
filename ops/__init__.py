"""Running unattended: arriving files, checks of their rows, and the steps from them to a promoted model."""
