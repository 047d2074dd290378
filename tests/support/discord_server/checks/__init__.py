"""The limits of Discord, each with the error it answers with."""
