"""One file per sort of operator: people, and those who act like people, that drive robots or take them over."""
