"""What container-structure-test says of structure tests: ``make structure-tests``."""
