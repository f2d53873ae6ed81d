//! The REST door over a store in memory.

mod account;
mod audit;
mod authentication;
mod buckets;
mod configuration;
mod fixture;
mod hostile;
mod jobs;
mod objects;
mod settings;
mod temporary;
mod tokens;
