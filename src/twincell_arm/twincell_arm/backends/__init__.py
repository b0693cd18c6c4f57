"""What drives the joints: one module or folder per backend."""
