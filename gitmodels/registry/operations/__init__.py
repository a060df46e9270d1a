"""How each kind of operation is asked again on another state; one table says which function does it."""
