"""What engines do on the way to an image, one step a module; profiles are made of them."""
