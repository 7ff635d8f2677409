"""What paper 1 leaves to the future (section 5): many tasks, and libraries of modulators."""
