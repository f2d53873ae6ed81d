//! The embedded engine against the contract, and on disks that fail, fill up and rot.

mod contract;
mod crash;
mod crash_index;
mod damage;
mod full_disk;
mod histories;
mod index_damage;
mod long_batches;
mod model;
mod queue;
mod reading;
mod sharing;
mod world;
