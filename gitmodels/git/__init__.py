"""Git plumbing: the only room that imports pygit2 and GitPython. It knows no models."""
