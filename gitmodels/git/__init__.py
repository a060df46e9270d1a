"""Git plumbing: repositories, trees in memory, compare-and-swap commits, refs, history and transport.

Only this room knows pygit2 and GitPython. It knows nothing of models, versions or object stores: it moves bytes
between paths of a tree and commits of a branch, and never touches HEAD, the index or a work tree.
"""
