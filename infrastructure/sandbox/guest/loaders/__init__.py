"""Loaders: a module a family of file types, each imported when a file first needs it.

Nothing here imports the project: these modules run inside the sandbox, in the
code environment, on hostile files.
"""
