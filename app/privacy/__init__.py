"""Forget readers, prove it, and export what is stored of one."""
