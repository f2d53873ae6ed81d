//! What Linux tells about a process and the machine: processor time, memory, bytes written, load.
//!
//! Read from `/proc`; elsewhere the benchmark does not run.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Unit of processor time in `/proc/<pid>/stat`; the kernel promises user space 100 Hz on every architecture we build for.
const TICKS_PER_S: u64 = 100;

/// Processor time used so far by all threads, in user and kernel mode.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    let ticks = ticks(&stat).with_context(|| format!("/proc/{pid}/stat has an unknown form"))?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_S))
}

/// Sum of utime and stime. The command's name, in parentheses, may hold anything, so counting starts after it.
fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Resident memory now, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<u64> {
    status_kib(pid, "VmRSS:")
}

/// Largest resident memory since the start or the last [`forget_peak`], in KiB.
pub(crate) fn peak_kib(pid: u32) -> Result<u64> {
    status_kib(pid, "VmHWM:")
}

/// Lets the peak start anew from what is resident now.
pub(crate) fn forget_peak(pid: u32) -> Result<()> {
    write(&format!("/proc/{pid}/clear_refs"), "5")
}

/// Bytes this process caused to be written to the disk.
pub(crate) fn disk_bytes_written(pid: u32) -> Result<u64> {
    let io = read(&format!("/proc/{pid}/io"))?;
    field(&io, "write_bytes:").context("/proc/<pid>/io has no write_bytes")
}

/// The machine's load average over one minute.
pub(crate) fn load_average() -> Result<String> {
    let text = read("/proc/loadavg")?;
    Ok(text.split_whitespace().next().unwrap_or("unknown").to_owned())
}

fn status_kib(pid: u32, name: &str) -> Result<u64> {
    let status = read(&format!("/proc/{pid}/status"))?;
    field(&status, name).with_context(|| format!("/proc/{pid}/status has no {name}"))
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {path}; did the server end?"))
}

#[expect(clippy::disallowed_methods, reason = "a knob of the kernel, not a file that must last")]
fn write(path: &str, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_counted_after_the_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 7 5 0 0 20 0 4 0 1 2 3";
        assert_eq!(ticks(stat), Some(12));
        assert_eq!(ticks("42 (a) S 1"), None);
        assert_eq!(ticks(""), None);
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let io = "rchar: 1\nwchar: 2\nwrite_bytes: 4096\ncancelled_write_bytes: 8\n";
        assert_eq!(field(io, "write_bytes:"), Some(4096));
        assert_eq!(field("VmHWM:\t  123 kB\n", "VmHWM:"), Some(123));
        assert_eq!(field(io, "VmRSS:"), None);
    }

    #[test]
    fn this_process_has_used_memory() {
        assert!(resident_kib(std::process::id()).unwrap() > 0);
        assert!(peak_kib(std::process::id()).unwrap() >= resident_kib(std::process::id()).unwrap() / 2);
    }
}
