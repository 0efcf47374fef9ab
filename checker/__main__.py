"""``python -m checker``."""

if __name__ == "__main__":
    # An interrupt can come before the handlers of `start` are in place, also while it is imported.
    try:
        from checker.cli import start

        start()
    except KeyboardInterrupt:
        import os

        os._exit(130)
