"""How fast `load_file` opens tables, beside the default reader of pandas."""
