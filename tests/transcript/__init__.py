"""The transcript of docs/discord.md: a session on the Discord for tests, drawn as people see it."""
