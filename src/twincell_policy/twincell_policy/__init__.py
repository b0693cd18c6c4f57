"""Policy package format, ONNX runtime, observation pipeline, policy node."""
