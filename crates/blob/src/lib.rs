//! Immutable byte strings with random names; the `BlobStore` port, its memory and file stores and its contract suite.
