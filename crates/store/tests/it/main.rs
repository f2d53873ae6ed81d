//! The object store over its two ports: against a model, under contention, on full disks and through power cuts.

mod audit;
mod buckets;
mod configuration;
mod contention;
mod copy;
mod crash;
mod encryption;
mod full_disk;
mod jobs;
mod laws;
mod lifecycle;
mod listing;
mod model;
mod multipart;
mod objects;
mod quotas;
mod rate_limits;
mod reclaim;
mod source;
mod tokens;
mod uploads;
mod versions;
mod world;
