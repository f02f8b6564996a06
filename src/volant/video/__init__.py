"""Pictures of every sort as lazy frames: container windows, loose packets, stills, arrays; looked at in one pass."""

from .container import PacketVideo, open_video
from .encoding import PROFILES, encode
from .image import decode_image, image_codec, image_shape
from .joining import join_packets, joinable, rate_of
from .looking import histogram, look, look_and_histogram, look_frames, look_many
from .loose import LoosePackets
from .passing import Pass, Passes
from .probing import Probe, probe
from .stills import RawFrames, Stills, luma_of

__all__ = [
    "LoosePackets",
    "PROFILES",
    "PacketVideo",
    "Pass",
    "Passes",
    "Probe",
    "RawFrames",
    "Stills",
    "decode_image",
    "encode",
    "histogram",
    "image_codec",
    "image_shape",
    "join_packets",
    "joinable",
    "look",
    "look_and_histogram",
    "look_frames",
    "look_many",
    "luma_of",
    "open_video",
    "probe",
    "rate_of",
]
