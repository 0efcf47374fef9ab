"""The libraries of Podman, skopeo and Buildah: containers/image and containers/storage."""
