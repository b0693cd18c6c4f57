class Fingers:
    pass
