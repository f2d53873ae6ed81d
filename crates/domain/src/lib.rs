//! The nouns, their limits and pure rules; the one `Error`; the `Clock` and `Random` ports. No I/O, no async.
