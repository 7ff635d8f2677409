"""What is measured on trained networks: tables in, tables out."""
