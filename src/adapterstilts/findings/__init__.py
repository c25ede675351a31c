"""What results say together: comparisons, gains with their intervals, tables. No torch."""
