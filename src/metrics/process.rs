//! What the process takes of its machine: measured now and then, told as gauges.
//!
//! Read from `/proc` and the control group, so on Linux only; elsewhere, and where something cannot be read, its figure
//! is missing and never zero.

use std::{fs, path::Path, sync::OnceLock, time::SystemTime};

/// Ticks of a second in `/proc`: the kernel's promise to programs on every machine that we are built for.
const TICKS: u64 = 100;

/// When the process began, as near as it can be told by itself. To be called early.
pub(super) fn started() -> f64 {
    static STARTED: OnceLock<f64> = OnceLock::new();
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    *STARTED.get_or_init(now)
}

/// Measures the process, and the room in its data directory.
pub fn measure(data_dir: &Path) {
    let read = |path: &str| fs::read_to_string(path).ok();
    if let Some(bytes) = read("/proc/self/status").and_then(|status| resident(&status)) {
        metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Some(seconds) = read("/proc/self/stat").and_then(|stat| cpu_seconds(&stat)) {
        metrics::counter!("process_cpu_seconds_total").absolute(seconds);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        metrics::gauge!("process_open_fds").set(files.count() as f64);
    }
    if let Some(files) = read("/proc/self/limits").and_then(|limits| max_files(&limits)) {
        metrics::gauge!("process_max_fds").set(files as f64);
    }
    if let Some(bytes) = memory_limit() {
        metrics::gauge!("dateline_memory_limit_bytes").set(bytes as f64);
    }
    if let Ok(disk) = rustix::fs::statvfs(data_dir) {
        metrics::gauge!("dateline_data_dir_free_bytes").set(disk.f_bavail.saturating_mul(disk.f_frsize) as f64);
        metrics::gauge!("dateline_data_dir_size_bytes").set(disk.f_blocks.saturating_mul(disk.f_frsize) as f64);
    }
}

fn resident(status: &str) -> Option<u64> {
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?;
    Some(kibibytes.parse::<u64>().ok()? * 1024)
}

/// The name of the program stands in brackets and may hold anything, also brackets.
fn cpu_seconds(stat: &str) -> Option<u64> {
    let mut after_name = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || after_name.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

fn max_files(limits: &str) -> Option<u64> {
    limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}

/// The limit of our control group or of one around it, whichever is least (version 2; a container sees its own as the
/// root); none where there is none.
fn memory_limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let around = Path::new(own).ancestors().map(|group| Path::new("/sys/fs/cgroup").join(group).join("memory.max"));
    around.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        assert_eq!(resident("VmPeak:\t  300000 kB\nVmRSS:\t  131072 kB\n"), Some(128 << 20));
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 900 0 3 0 1250 260 7 9 20 0 12 0 100 0 0";
        assert_eq!(cpu_seconds(stat), Some(15));
        let limits =
            "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288    files\n";
        assert_eq!(max_files(limits), Some(1024));
        for nothing in ["", "VmRSS:", "(", "Max open files  unlimited"] {
            assert_eq!((resident(nothing), cpu_seconds(nothing), max_files(nothing)), (None, None, None));
        }
    }
}
