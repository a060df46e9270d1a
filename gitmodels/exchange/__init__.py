"""Models from other tools brought in, and handed out again: one file a tool, and a table that says which is which.

This room knows the files and servers of others, and asks ``gitmodels.api`` and below to keep what it reads. It prints
nothing: what it does, it tells as steps.
"""
