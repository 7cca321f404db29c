//! The one thread that writes.
//!
//! Jobs that are waiting when a transaction begins go into it together (group commit), each within its own savepoint.
//! Their callers hear of it after the commit. A commit that fails for anything but a full disk ends all writing: after
//! a failed fsync the kernel may have thrown away what it could not write, and trying again would only look well.

use super::StoreError;
use crate::faults;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread::JoinHandle,
};
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait; the next one waits outside.
const QUEUE: usize = 256;

/// Jobs in one commit.
const GROUP: usize = 64;

/// A job that was run: its failure, if it failed, and how to tell its caller what became of the transaction.
struct Done {
    failed: Option<StoreError>,
    tell: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

type Job = Box<dyn FnOnce(&Transaction<'_>) -> Done + Send>;

pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || work(connection, queue))
            .expect("a thread can be started at start-up");
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel::<Result<T, StoreError>>();
        let boxed: Job = Box::new(move |tx| {
            let result = match catch_unwind(AssertUnwindSafe(|| job(tx))) {
                Ok(result) => result.map_err(StoreError::from),
                Err(_) => Err(StoreError::Io("a job panicked; what it wrote was taken back".to_owned())),
            };
            let failed = result.as_ref().err().cloned();
            // The caller may have gone away; what was written stays written.
            let tell = move |committed: Result<(), StoreError>| drop(reply.send(committed.and(result)));
            Done { failed, tell: Box::new(tell) }
        });
        let ended = || StoreError::Io("writing has ended after an earlier failure".to_owned());
        let jobs = self.jobs.as_ref().ok_or_else(ended)?;
        jobs.send(boxed).await.map_err(|_| ended())?;
        answer.await.unwrap_or_else(|_| Err(ended()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            thread.join().ok();
        }
    }
}

fn work(mut connection: Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(job) = queue.try_recv()
        {
            group.push(job);
        }
        let mut done = Vec::with_capacity(group.len());
        let result = commit(&mut connection, group, &mut done);
        let fatal = matches!(result, Err(StoreError::Io(_) | StoreError::Corrupt(_)));
        if result.is_ok() {
            faults::note("commit");
        }
        for Done { tell, .. } in done {
            tell(result.clone());
        }
        if fatal {
            // The queue is dropped with its jobs, whose callers learn that writing has ended.
            return;
        }
    }
}

/// One transaction of several jobs. Its error is every job's error.
fn commit(connection: &mut Connection, group: Vec<Job>, done: &mut Vec<Done>) -> Result<(), StoreError> {
    let mut jobs = group.into_iter();
    let result = attempt(connection, &mut jobs, done);
    // Jobs that were not reached are dropped here; their callers are told as if the store had ended, which is true
    // unless the disk is full: then they must hear that.
    if let Err(error) = &result {
        done.extend(jobs.map(|_| Done { failed: Some(error.clone()), tell: Box::new(drop) }));
    }
    result
}

fn attempt(
    connection: &mut Connection,
    jobs: &mut impl Iterator<Item = Job>,
    done: &mut Vec<Done>,
) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        tx.execute_batch("SAVEPOINT job")?;
        let finished = job(&tx);
        let failed = finished.failed.clone();
        done.push(finished);
        if let Some(error) = failed {
            // SQLite ends the whole transaction by itself after some failures: a full disk, a failed write.
            if tx.is_autocommit() {
                return Err(error);
            }
            tx.execute_batch("ROLLBACK TO job")?;
        }
        tx.execute_batch("RELEASE job")?;
    }
    Ok(tx.commit()?)
}
