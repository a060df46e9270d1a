"""The content-addressed store: bytes under their BLAKE3, in packs. It knows no git and no models."""
