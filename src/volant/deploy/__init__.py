"""Robots at work and the people who help them: gates, operators, take-overs, staged rollout, and what it teaches."""
