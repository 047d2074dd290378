"""An hour of chat of many people, in minutes, with the bot as a program of its own."""
