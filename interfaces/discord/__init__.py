"""The Discord bot: thin handlers over the same use cases as the console."""
