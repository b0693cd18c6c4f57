"""Cameras of a cell: the Camera protocol, a virtual RealSense D435 and its node."""
