"""The scripts of this folder are programs, not test modules: nothing here is imported to look for doctests."""

collect_ignore_glob = ["*.py"]
