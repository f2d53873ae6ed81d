//! Simulated clock, random and disk; fault wrappers; reference model. Dev only.
