//! Loopback ports for what takes them a moment later, or keeps them over a restart.
//!
//! They lie below those that a system gives out by itself (from 32,768 on Linux, from 49,152 elsewhere): a port of
//! that range that was free when it was asked for may be the near end of anybody's connection when it is taken.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

const FIRST: u16 = 10_240;
const END: u16 = 32_768;

/// So many ports that are free, none of which is given twice by this process.
pub(crate) fn free(many: usize) -> Vec<u16> {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Two processes of tests beside each other begin in different places.
    let start = std::process::id().wrapping_mul(97) as u16;
    let ports = std::iter::repeat_with(|| {
        let place = start.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        FIRST + place % (END - FIRST)
    });
    ports.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).take(many).collect()
}
