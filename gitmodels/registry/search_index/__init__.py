"""The search index: what the registry says, once more, in a form that is quick to search. Derived and disposable.

Rows are made from records (``rows``), kept in an SQLite database in memory (``tables``), brought from one commit to
the next by the difference of their trees (``following``), asked by filters (``asking``) and kept in files between
processes (``files``). ``index`` puts these together. Nothing here is ever read back into the registry.
"""
