"""Ways recordings lie on disk: one format per file, reader and writer together."""
