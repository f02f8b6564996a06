"""One file per sort of policy, with its learner."""
