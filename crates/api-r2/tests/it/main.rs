//! The REST door over a store in memory.

mod account;
mod audit;
mod authentication;
mod buckets;
mod fixture;
mod hostile;
mod objects;
mod settings;
mod temporary;
mod tokens;
