"""What importing a root filesystem needs: the reference, the settings, the command."""
