"""A sampled mutation run: small changes of the code that no test detects."""
