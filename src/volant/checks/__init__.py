"""One file per check: what a recording shows, sample by sample, pair by pair, episode by episode, set by set."""
