"""go-containerregistry: crane and the tools that read archives with its packages."""
