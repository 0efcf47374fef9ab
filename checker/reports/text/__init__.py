"""The report for people: verdicts, what each archive is, how to restore it, and the findings."""
