"""Archives of users behind the `Archives` port."""
