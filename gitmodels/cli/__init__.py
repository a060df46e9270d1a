"""The command line: the only room where click, environment variables and printing live."""
