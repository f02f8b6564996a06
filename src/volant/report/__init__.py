"""What people look at: the report of a lake and the page of an episode."""

from .episode import episode_page
from .figures import Summary, summarise
from .page import page
from .rerun import view, write_rrd

__all__ = ["Summary", "episode_page", "page", "summarise", "view", "write_rrd"]
