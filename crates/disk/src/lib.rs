//! Files with named durability steps: the `Disk` port and the local disk.
