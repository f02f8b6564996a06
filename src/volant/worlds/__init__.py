"""One file per world: simulators behind one port, with tasks, countable environments and robots to move in them."""
