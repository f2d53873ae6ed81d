//! Typed tables over ordered bytes; the `Engine` port, its memory engine and its contract suite.
