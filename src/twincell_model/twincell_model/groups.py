"""Geom groups: viewers and cameras show 0 to 2, so collision shapes stay hidden."""

VISUAL_GROUP = 2
COLLISION_GROUP = 3
