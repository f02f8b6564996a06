"""What makes points of episodes, one file each; see ``core.ports.Embedding``."""
