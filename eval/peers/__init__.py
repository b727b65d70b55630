"""What a user would pick instead, on the same job: each peer in an environment of its own, set up as its documentation says."""
