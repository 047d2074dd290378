"""Read by Python at its start: points disnake at the API that the environment names."""

import os
from contextlib import suppress

if (api_url := os.environ.get("TEST_DISCORD_API")) is not None:
    with suppress(ImportError):  # an interpreter without disnake has nothing to be pointed
        from disnake.http import Route

        Route.BASE = api_url
