//! Named points at which a test makes the program die, fail or wait. Without the feature `faults` they are nothing.
//!
//! A test arms them through the environment, in the notation of the crate `fail`:
//! `FAILPOINTS="C4=1*off->return" dateline run …` dies the second time the line comes to C4, `C14=3*return` fails three
//! times. C1 to C14 are the crash points of docs/GUARANTEES.md; a point that is reached is also `print`able and
//! `sleep`able. Points named after a stage are for panics. Nothing of an ordinary build knows of them.

/// Reads the points that the environment arms. To be called once, before any thread is started.
#[cfg(feature = "faults")]
pub fn arm() {
    // The scenario ends with the process: it must outlive every thread.
    std::mem::forget(fail::FailScenario::setup());
}

/// Nothing is armed in an ordinary build.
#[cfg(not(feature = "faults"))]
pub fn arm() {}

/// The process dies here, as by `kill -9`, when the point is armed with `return`; it may also sleep or panic.
#[cfg(feature = "faults")]
pub fn point(name: &str) {
    fail::fail_point!(name, |_| std::process::abort());
}

/// Nothing happens here in an ordinary build.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn point(_name: &str) {}

/// Whether what follows is to fail: the point is armed with `return`.
#[cfg(feature = "faults")]
pub fn fails(name: &str) -> bool {
    fail::fail_point!(name, |_| true);
    false
}

/// Nothing is made to fail in an ordinary build.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn fails(_name: &str) -> bool {
    false
}

/// The process dies a moment later, while what follows is under way, when the point is armed with `return`, or with
/// `return(N)` for N microseconds.
#[cfg(feature = "faults")]
pub fn soon(name: &str) {
    fail::fail_point!(name, |argument: Option<String>| {
        let micros = argument.and_then(|text| text.parse().ok()).unwrap_or(300);
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_micros(micros));
            std::process::abort()
        });
    });
}

/// Nothing happens here in an ordinary build.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn soon(_name: &str) {}

/// The process stops here, as by SIGSTOP, until somebody lets it go on, when the point is armed with `return`.
///
/// Whoever sends the signal also waits until it has taken effect: any thread may be the one to receive it, and until
/// that one has run the others go on, past this point.
#[cfg(feature = "faults")]
pub fn stop(name: &str) {
    const STOP: &str = "kill -STOP $0 && until grep -q '^State:.T' /proc/$0/status; do :; done";
    fail::fail_point!(name, |_| {
        let stopped = std::process::Command::new("sh").args(["-c", STOP, &std::process::id().to_string()]).status();
        assert!(stopped.is_ok_and(|status| status.success()), "no `sh`, `kill` and `grep` to stop this process with");
    });
}

/// Nothing happens here in an ordinary build.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn stop(_name: &str) {}

/// A time that a test has shortened: the point is armed with `return(N)` for N milliseconds.
#[cfg(feature = "faults")]
pub fn time(name: &str, usual: std::time::Duration) -> std::time::Duration {
    fail::fail_point!(name, |argument: Option<String>| {
        argument.and_then(|text| text.parse().ok()).map_or(usual, std::time::Duration::from_millis)
    });
    usual
}

/// Every time is as it is in an ordinary build.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn time(_name: &str, usual: std::time::Duration) -> std::time::Duration {
    usual
}

/// Says to whoever watches over the files (`tests/shim`) what is durable from here on. The file's name is in
/// `DATELINE_SHIM_NOTES`.
#[cfg(feature = "faults")]
pub fn note(what: &str) {
    use std::io::Write as _;
    let Some(path) = std::env::var_os("DATELINE_SHIM_NOTES") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let noted = file.and_then(|mut file| file.write_all(what.as_bytes()));
    assert!(noted.is_ok(), "a test asked for notes that cannot be written");
}

/// Nobody watches an ordinary build.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn note(_what: &str) {}
