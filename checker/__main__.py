"""``python -m checker``."""

from checker.cli import start

if __name__ == "__main__":
    start()
