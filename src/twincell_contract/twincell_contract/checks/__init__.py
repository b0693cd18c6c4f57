"""The conformance checker: observes a running cell from outside and tests it against the contract."""
