"""Exchange: read the files that departments bring, and say what is doubtful in them."""
