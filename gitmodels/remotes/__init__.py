"""Where copies of objects live beside the local store: one protocol, its backends, and what travels between them."""
