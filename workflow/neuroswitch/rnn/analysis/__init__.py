"""What is measured on trained networks: one module a task, tables in, tables out."""
