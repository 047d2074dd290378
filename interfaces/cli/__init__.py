"""The command line and the console: a contract that scripts rely on."""
