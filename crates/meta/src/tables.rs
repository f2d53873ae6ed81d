//! Rows with a meaning: how keys are laid out so that byte order is listing order, and what each value holds.
//!
//! One letter opens each key and names its table; `docs/formats/rows.md` has the bytes. Every value begins with a format
//! version and ends in tagged fields, so that later fields need no migration.

pub mod account;
pub mod audit;
pub mod bucket;
pub mod codec;
pub mod configuration;
pub mod job;
mod manifest;
pub mod object;
pub mod queue;
pub mod rate_limit;
pub mod reclaim;
pub mod setting;
mod settings;
pub mod token;
pub mod totals;
pub mod upload;
pub mod version;

pub use codec::Damaged;

#[cfg(test)]
mod tests;
