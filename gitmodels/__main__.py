"""``python -m gitmodels``: the command line."""

from gitmodels.cli.main import main

if __name__ == "__main__":
    main()
