"""What every room stands on: errors, progress, whole files, places, and the Hub client's calls. Knows no task."""
