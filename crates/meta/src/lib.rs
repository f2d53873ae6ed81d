//! Typed tables over ordered bytes; the `Engine` port, its memory engine and its contract suite.
//!
//! The port speaks keys, values and small bodies: it has never heard of a bucket. The tables give keys and values their
//! meaning: they know every row's layout and never touch a disk.

pub mod contract;
pub mod engine;
pub mod memory;
pub mod tables;
pub mod totals;

pub use engine::{
    Batch, Body, BodyHandle, BoxFuture, Check, Engine, EngineError, Entry, Fold, KeyRange, Page, Row, Scan,
    StoredBody, Version, Write, WriteId,
};
pub use memory::MemoryEngine;
pub use totals::{Group, Measure, Measured, Totals};
