"""Files' bytes: adapters of the `BlobStore` port."""
