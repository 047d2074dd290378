"""Minutes of a steady mixed load on the bot: does anything grow that should not?"""
