//! Keeps the C library's allocator from hoarding: see `docs/adr/0007-allocator-threshold.md`.
//!
//! glibc raises the size from which a buffer gets pages of its own as soon as one such buffer is freed; from then on the
//! buffers of uploads come out of dozens of per-thread heaps that never shrink. A fixed threshold ends that, and it can be
//! set without unsafe code only in the environment that a process starts with.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

const VARIABLE: &str = "MALLOC_MMAP_THRESHOLD_";
/// glibc's own value before it adapts.
const THRESHOLD_BYTES: &str = "131072";

/// Starts this program again, in the same process, with a fixed threshold. Whoever has set one keeps it; where that cannot
/// be done, the server runs all the same and takes more memory.
pub(crate) fn fix_threshold() {
    if !cfg!(target_env = "gnu") || std::env::var_os(VARIABLE).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    // it returns only when it failed
    let _ = Command::new(program).args(std::env::args_os().skip(1)).env(VARIABLE, THRESHOLD_BYTES).exec();
}
