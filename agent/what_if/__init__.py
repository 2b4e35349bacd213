"""What if: lists as they would be after a change, and the smallest change that removes a video from a list."""
