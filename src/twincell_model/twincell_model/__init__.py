"""Robot profiles, MJCF and URDF assembly, kinematics, limits."""
