"""The node graph as data, cell services, demo, launch and the twincell command."""
