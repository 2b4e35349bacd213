"""The queue for the language model, deadlines, thread pools, and limits shared between processes."""
