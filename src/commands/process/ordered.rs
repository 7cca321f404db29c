//! Work on many threads, results in the order of the work.
//!
//! Every queue is bounded, so memory is, whatever the input's length. Each piece of work carries the sending end of a
//! channel for its own result; the receiving ends lie in a queue in input order. A result is therefore handed over as
//! soon as it and all before it are done, which lets a pipe flow line by line.

use std::{
    io,
    sync::{
        Mutex,
        mpsc::{Receiver, RecvError, SyncSender, TryRecvError, sync_channel},
    },
    thread,
};

/// Parsers may nest deeper than the default stack of a thread allows (guarantees.md §5).
const STACK: usize = 8 << 20;

/// What the collector is told.
pub(super) enum Next<R> {
    /// The next result in order.
    Result(R),
    /// Nothing is ready just now: a good time to flush.
    Idle,
}

/// Runs `feed` on a thread of its own; what it gives away is worked on by `jobs` threads and collected here, in order.
/// `feed`'s giver returns false, and `collect` makes it so by returning false, when nobody wants more.
pub(super) fn run<W: Send, R: Send>(
    jobs: usize,
    feed: impl FnOnce(&mut dyn FnMut(W) -> bool) + Send,
    work: impl Fn(W) -> R + Sync,
    mut collect: impl FnMut(Next<R>) -> bool,
) -> io::Result<()> {
    let (work_in, work_out) = sync_channel::<(W, SyncSender<R>)>(jobs * 2);
    let (order_in, order_out) = sync_channel::<Receiver<R>>(jobs * 4);
    let work_out = Mutex::new(work_out);
    let (work, work_out) = (&work, &work_out);
    thread::scope(|scope| {
        for n in 0..jobs {
            let worker = thread::Builder::new().name(format!("work-{n}")).stack_size(STACK);
            worker.spawn_scoped(scope, move || {
                while let Ok((piece, result)) = next(work_out) {
                    // Nobody may want it any more; then the queue will be closed soon.
                    let _ = result.send(work(piece));
                }
            })?;
        }
        let feeder = thread::Builder::new().name("input".to_owned()).stack_size(STACK);
        feeder.spawn_scoped(scope, move || {
            feed(&mut |piece| {
                let (result_in, result_out) = sync_channel(1);
                order_in.send(result_out).is_ok() && work_in.send((piece, result_in)).is_ok()
            });
        })?;
        loop {
            let receiver = match order_out.try_recv() {
                Ok(receiver) => receiver,
                Err(TryRecvError::Empty) => {
                    if !collect(Next::Idle) {
                        break;
                    }
                    match order_out.recv() {
                        Ok(receiver) => receiver,
                        Err(RecvError) => break,
                    }
                }
                Err(TryRecvError::Disconnected) => break,
            };
            let result = match receiver.try_recv() {
                Ok(result) => Some(result),
                Err(TryRecvError::Empty) => {
                    if !collect(Next::Idle) {
                        break;
                    }
                    receiver.recv().ok()
                }
                Err(TryRecvError::Disconnected) => None,
            };
            if let Some(result) = result
                && !collect(Next::Result(result))
            {
                break;
            }
        }
        // The feeder is told by its closed queue, should it still be at work.
        drop(order_out);
        Ok(())
    })
}

fn next<T>(queue: &Mutex<Receiver<T>>) -> Result<T, RecvError> {
    match queue.lock() {
        Ok(queue) => queue.recv(),
        Err(_) => Err(RecvError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_work_and_an_early_end_ends_all() {
        let mut seen = Vec::new();
        let collect = |next: Next<u64>| {
            if let Next::Result(n) = next {
                seen.push(n);
            }
            seen.len() < 500
        };
        let feed = |give: &mut dyn FnMut(u64) -> bool| {
            let _ = (0..1_000_000).all(give);
        };
        run(4, feed, |n| if n % 7 == 0 { (0..n * 50).fold(n, |sum, i| sum ^ i ^ i) } else { n }, collect).unwrap();
        assert_eq!(seen, (0..500).collect::<Vec<_>>());
    }
}
