"""Real-time loop, polled subscriptions and parameters shared by the nodes."""
