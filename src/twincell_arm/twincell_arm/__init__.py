"""The hardware side of the contract: Arm protocol, backends, arm node."""
