"""What may be said of many vectors at once: neighbours, groups, repeats, coresets, diversity, worth.

Rows are float32 ``[n, d]``, distances Euclidean unless a function says cosine; nothing here knows of robots. Randomness
comes from a seed, memory stays within blocks, and loops over rows run as machine code on every core.
"""
