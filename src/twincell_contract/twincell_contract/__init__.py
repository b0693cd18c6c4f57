"""Every name, type, QoS, rate, frame and unit of a cell, and the conformance checker."""
