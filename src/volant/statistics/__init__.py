"""What may be concluded from counts and scores: intervals, tests, sample sizes, rankings. One small file each.

Every function is the formula it names, on plain numbers or columns; nothing here knows of robots.
"""
