"""Archives that make a reader work hard, and what the checker may spend on them."""
