"""In which language somebody reads: as their client said last, else as their server is set."""

from collections import OrderedDict

import disnake

from interfaces.discord.interactions import Interaction
from interfaces.discord.words import ENGLISH, Words

REMEMBERED = 10_000


class Readers:
    """Messages do not tell their authors' languages, interactions do; what they told is remembered."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, Words] = OrderedDict()

    def meet(self, inter: Interaction) -> Words:
        """Return the words for who did something with the bot, and remember them."""
        words = self._known[inter.author.id] = Words.of(inter)
        self._known.move_to_end(inter.author.id)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return words

    def of(self, message: disnake.Message) -> Words:
        """Return the words for who wrote a message."""
        if (known := self._known.get(message.author.id)) is not None:
            return known
        return Words(str(message.guild.preferred_locale)) if message.guild else ENGLISH
