"""Figures of episodes and sets: one file per measure."""
