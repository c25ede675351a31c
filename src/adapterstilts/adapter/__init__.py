"""The adapter: as a value, as a folder, and in a backbone with its head."""
