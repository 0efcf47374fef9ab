"""The facts: what an archive holds, in the terms of the field."""
