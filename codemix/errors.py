"""The one exception for what a user can mend."""


class UserError(Exception):
    """Bad input, told in one sentence that names the file, the field and the mend.

    The command line prints the sentence alone, without a traceback, and exits with status 2.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: the sentence alone, here too."""
        return [f"codemix: {self}"]
