//! Named points at which a test makes the program die, fail or wait. Without the feature `faults` they are nothing.
//!
//! A test arms them through the environment, in the notation of the crate `fail`:
//! `FAILPOINTS="C4=1*off->return" dateline run …` dies the second time the line comes to C4, `C14=3*return` fails three
//! times. C1 to C14 are the crash points of docs/GUARANTEES.md; a point that is reached is also `print`able and
//! `sleep`able. Nothing of an ordinary build knows of them.

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
