"""Safety-limited controller: gate, arbiter, limiter, stopper, supervisor, servo and front nodes."""
