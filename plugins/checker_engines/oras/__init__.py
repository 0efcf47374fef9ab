"""oras-go: ``oras cp`` from an image layout, and the files of a tar as oras-go finds them."""
