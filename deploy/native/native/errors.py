"""What can go wrong in a way that a person can mend: the message is one clear sentence, the exit code 1."""


class PlatformError(Exception):
    """The platform can't do what was asked; `str()` is the sentence to show."""


class SettingsError(PlatformError):
    """A MOSTRADOR_… variable holds something that can't be used."""


class PortBusy(PlatformError):
    """Somebody else listens on a port that the platform needs."""


class NotReady(PlatformError):
    """A process ended or did not answer in time; the message carries the end of its log."""


class AlreadyRunning(PlatformError):
    """Another `up` holds this home."""


class NotRunning(PlatformError):
    """No platform runs in this home."""


class NotInstalled(PlatformError):
    """A server's program is not on this machine."""
