//! The REST door over a store in memory.
