"""A sampled mutation run: which small changes of the code no test notices."""
