"""The MuJoCo twin: physics, servo and sensor models, scenes, randomisation."""
