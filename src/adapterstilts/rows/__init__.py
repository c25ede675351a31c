"""Rows of a task, whatever holds them: pocket, the Hugging Face Hub, or a folder. `reading` is the way in."""
