"""Gymnasium tasks and training through the deployed limiter."""
