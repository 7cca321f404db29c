//! Command line in, exit code out, nothing else.

use clap::Parser as _;
use std::process::ExitCode;

// Records are many small strings of like size made by many threads; glibc's allocator keeps the freed ones apart and
// grows.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    dateline::faults::arm();
    dateline::commands::dispatch(dateline::cli::Cli::parse())
}
