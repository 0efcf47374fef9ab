"""The container engines that are installed here, in a place where they can do no harm."""
