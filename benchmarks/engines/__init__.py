"""The installed container engines, isolated from the host."""
