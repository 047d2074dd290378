"""Sound, video, music, fonts and network traffic."""

from typing import Any, NamedTuple

import numpy as np

from loaders.errors import LoadFileError, refuse
from loaders.registry import Options
from loaders.source import Source

_MOST_SAMPLES = 2**27


class Sound(NamedTuple):
    """Samples between -1 and 1, an array of frames or of frames x channels, and how many a second."""

    samples: Any
    sample_rate_hz: int


def load_audio(source: Source, options: Options) -> Sound:
    """Return the samples; `start` and `stop` cut frames."""
    import soundfile  # noqa: PLC0415 - dear to import

    with source.open() as stream, soundfile.SoundFile(stream) as file:
        start, stop = options.pop("start", 0), options.pop("stop", None)
        frames = (file.frames if stop is None else stop) - start
        _refuse_too_long(frames * file.channels)
        file.seek(start)
        samples = file.read(frames, **{"dtype": "float32"} | options)
        return Sound(samples, file.samplerate)


def load_audio_av(source: Source, options: Options) -> Sound:
    """Return the samples of the first sound track, in what ffmpeg reads."""
    refuse(options)
    import av  # noqa: PLC0415 - it comes as a package

    with source.open() as stream, av.open(stream) as container:
        resampler = av.AudioResampler(format="fltp")
        rate = container.streams.audio[0].rate
        parts, total = [], 0
        for frame in container.decode(audio=0):
            for plain in resampler.resample(frame):
                parts.append(plain.to_ndarray())
                total += parts[-1].size
                _refuse_too_long(total)
    samples = np.concatenate(parts, axis=1).T if parts else np.empty(0, dtype="float32")
    return Sound(samples[:, 0] if samples.ndim > 1 and samples.shape[1] == 1 else samples, rate)


def load_video(source: Source, options: Options) -> Any:
    """Return the open container; `decode(video=0)` yields its pictures one by one."""
    refuse(options)
    import av  # noqa: PLC0415 - it comes as a package

    return av.open(source.open())


def load_midi(source: Source, options: Options) -> Any:
    """Return the tracks and messages."""
    import mido  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.open() as stream:
        return mido.MidiFile(file=stream)


def load_font(source: Source, options: Options) -> Any:
    """Return the font; the first of a collection."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - rarely needed

    refuse(options)
    return TTFont(source.open(), fontNumber=0, lazy=True)


def load_packets(source: Source, options: Options) -> list[tuple[float, bytes]]:
    """Return the packets with their times in seconds since 1970."""
    import dpkt  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.open() as stream:
        return list(dpkt.pcap.UniversalReader(stream))


def _refuse_too_long(samples: int) -> None:
    if samples > _MOST_SAMPLES:
        msg = f"It holds {samples:,} samples, more than fit here; start= and stop= choose a part of it."
        raise LoadFileError(msg)
