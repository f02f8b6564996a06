"""Robot logs of every sort: messages to columns, pictures left where they lie, logs cut into episodes."""
