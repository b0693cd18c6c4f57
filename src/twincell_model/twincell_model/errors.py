"""Errors that a user can mend."""


class UserError(ValueError):
    """Wrong input from a user: one sentence that names the wrong word and the remedy.

    The command line prints it as one line on standard error and exits with code 2.
    """
