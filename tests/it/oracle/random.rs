//! Chance with a seed that is printed.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

/// A generator whose seed the test prints (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 8) % limit
    }

    /// One time in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        least + Duration::from_micros(self.below((most - least).as_micros() as u64 + 1))
    }

    pub fn choose<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len() as u64) as usize]
    }
}

/// The seed of `DATELINE_FAULTS_SEED`, else one that no other test of this process has.
pub fn seed() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    if let Some(given) = std::env::var("DATELINE_FAULTS_SEED").ok().and_then(|text| text.parse().ok()) {
        return given;
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    now ^ (COUNT.fetch_add(1, Ordering::Relaxed) << 32)
}

/// How many times the daemon is killed: `DATELINE_FAULTS_KILLS`, or the short default of the test command.
pub fn kills() -> u32 {
    asked().unwrap_or(30)
}

/// How many faults of another kind: the number of the test command, and ten times that under a thousand kills.
pub fn faults(usual: u32) -> u32 {
    usual * (asked().unwrap_or(0) / 100).max(1)
}

fn asked() -> Option<u32> {
    std::env::var("DATELINE_FAULTS_KILLS").ok()?.parse().ok()
}
