"""The bot with a thousand users: its memory, its start, how long people wait, and many expiries at once."""
