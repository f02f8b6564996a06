"""Volant: the open flywheel for robots that learn.

An episode never changes. Everything we learn about it is a fact. A dataset is a question asked of the facts, frozen.
"""
