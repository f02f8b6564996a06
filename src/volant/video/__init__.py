"""Pictures of every sort as lazy frames: container windows, loose packets, stills, arrays; looked at in one pass."""

from .container import PacketVideo, open_video
from .image import decode_image, image_codec, image_shape
from .looking import histogram, look, look_and_histogram, look_frames, look_many
from .probing import Probe, probe
from .stills import RawFrames, Stills, luma_of

__all__ = [
    "PacketVideo",
    "Probe",
    "RawFrames",
    "Stills",
    "decode_image",
    "histogram",
    "image_codec",
    "image_shape",
    "look",
    "look_and_histogram",
    "look_frames",
    "look_many",
    "luma_of",
    "open_video",
    "probe",
]
