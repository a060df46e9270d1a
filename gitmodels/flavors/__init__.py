"""One module per framework, and the table that finds them."""
