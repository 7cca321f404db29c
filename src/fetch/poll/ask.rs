//! One poll: the question, the answer, the doubt about it, and the way to the doorstep.

use super::{
    super::{
        Client, Delivery, Document, FetchError, PollEvent, PollOutcome, Receipt, Request, Response, Wants,
        failure::Kind,
    },
    Task,
};
use crate::model::{Hash, Issue, Rhythm, Validators};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::Instant};

/// So many audits in a row that find a change which a "not modified" had denied are no chance any more: one may be a
/// document that changed just then.
const DOUBTS: u32 = 2;

/// How one poll went.
pub(super) struct Poll {
    pub(super) outcome: PollOutcome,
    /// Why it failed, or why a document is not whole.
    pub(super) issue: Option<Issue>,
    /// How heavily a failure weighs.
    pub(super) kind: Kind,
    /// What `Retry-After` says.
    pub(super) retry_after: Option<Duration>,
    /// How long the answer stays good.
    pub(super) fresh: Option<Duration>,
    /// New items, and all of the document.
    pub(super) brought: Option<(usize, usize)>,
    /// What the document says of when to ask.
    pub(super) rhythm: Option<Rhythm>,
    /// Where every redirect on the way led for good.
    pub(super) moved_to: Option<String>,
    /// In which way the server's validators were found to be wrong.
    pub(super) lie: Option<String>,
    /// 410.
    pub(super) gone: bool,
    /// It may be better soon.
    pub(super) transient: bool,
    pub(super) bytes: u64,
}

impl Task {
    /// Polls once. A twin's answer that is younger than `young` is taken for our own.
    pub(super) async fn poll(&mut self, young: Duration) -> Poll {
        self.memory.poll += 1;
        let validators = if self.notes.validators_lie { Validators::default() } else { self.memory.validators.clone() };
        match self.ask(&validators, young).await {
            Ok(Response::Document(document)) => Box::pin(self.hand_on(document, false)).await,
            Ok(Response::NotModified { fresh, moved_to }) => {
                self.unmodified = self.unmodified.saturating_add(1);
                if self.is_audit_due()
                    // What cannot be had whole is believed this time, and asked for again at the next poll.
                    && let Ok(Response::Document(document)) = self.ask(&Validators::default(), Duration::ZERO).await
                    && document.cut.is_none()
                {
                    return Box::pin(self.hand_on(document, true)).await;
                }
                let receipt = self.deliver(PollEvent::NotModified).await;
                Poll { fresh, moved_to, ..Poll::of(receipt, PollOutcome::NotModified) }
            }
            Err(error) => Poll::failed(error),
        }
    }

    /// Whether a "not modified" is to be doubted now: some servers say so for ever.
    fn is_audit_due(&self) -> bool {
        let options = &self.context.options;
        self.unmodified >= options.audit_polls || self.whole_at.elapsed() >= options.audit_after
    }

    async fn ask(&self, validators: &Validators, young: Duration) -> Result<Response, FetchError> {
        let url = self.notes.follows.as_deref().unwrap_or(&self.feed.url);
        let client: Arc<Client> = Arc::clone(&self.context.client);
        let request = Request { feed: &self.feed, url, validators, wants: Wants::Feed };
        // On the heap, where it is held once.
        self.member.get(url, validators, young, Box::pin(client.get(request))).await
    }

    /// Hands a document on. `audited`: it was asked for although the server had just said that nothing changed.
    async fn hand_on(&mut self, document: Box<Document>, audited: bool) -> Poll {
        let Document { fetched, cut, moved_to, fresh, wire_bytes } = *document;
        let validators = fetched.validators();
        let body = Hash::of_bytes(&fetched.body);
        let receipt = self.deliver(PollEvent::Fetched(Box::new(fetched))).await;
        let mut lie = None;
        if let Receipt::Accepted { new_items, .. } = receipt {
            let changed = new_items > 0 && self.memory.body.as_ref().is_some_and(|before| *before != body);
            lie = self.doubt(&validators, changed.then_some(new_items), audited);
            self.memory.validators = validators;
            self.memory.body = Some(body);
            self.unmodified = 0;
            self.whole_at = Instant::now();
        }
        let mut poll = Poll::of(receipt, PollOutcome::Fetched);
        poll.fresh = fresh;
        poll.lie = lie;
        poll.moved_to = moved_to;
        poll.bytes = wire_bytes;
        poll.issue = poll.issue.or(cut);
        poll
    }

    /// What a document says about the word of its server: the lie, once it is found out. `changed` items are new in a
    /// body that is not the one before.
    fn doubt(&mut self, validators: &Validators, changed: Option<usize>, audited: bool) -> Option<String> {
        if self.notes.validators_lie {
            return None;
        }
        let same = *validators == self.memory.validators && *validators != Validators::default();
        self.notes.doubts = match changed {
            Some(_) if same => DOUBTS,
            Some(_) if audited => self.notes.doubts + 1,
            None if audited => 0,
            _ => self.notes.doubts,
        };
        if self.notes.doubts < DOUBTS {
            return None;
        }
        self.notes.validators_lie = true;
        let items = changed.unwrap_or_default();
        let how = if same { "under the same validators" } else { "though the server had said \"not modified\"" };
        Some(format!("{items} items changed {how}; its validators are no longer used"))
    }

    /// Hands something on and waits until it is durable.
    pub(super) async fn deliver(&self, event: PollEvent) -> Receipt {
        let (reply, answer) = oneshot::channel();
        let delivery =
            Delivery { feed: Arc::clone(&self.feed), poll: self.memory.poll, began: self.began, event, reply };
        if self.context.out.send(delivery).await.is_err() {
            return Receipt::Held;
        }
        answer.await.unwrap_or(Receipt::Held)
    }
}

impl Poll {
    fn new(outcome: PollOutcome, issue: Option<Issue>) -> Self {
        Self {
            outcome,
            issue,
            kind: Kind::Soft,
            retry_after: None,
            fresh: None,
            brought: None,
            rhythm: None,
            moved_to: None,
            lie: None,
            gone: false,
            transient: false,
            bytes: 0,
        }
    }

    fn of(receipt: Receipt, well: PollOutcome) -> Self {
        match receipt {
            Receipt::Accepted { new_items, total_items, rhythm } => {
                let brought = (well == PollOutcome::Fetched).then_some((new_items, total_items));
                Self { brought, rhythm, ..Self::new(well, None) }
            }
            Receipt::Unreadable(issue) => Self::new(PollOutcome::Unreadable, Some(issue)),
            Receipt::Broken(issue) => Self::new(PollOutcome::Broken, Some(issue)),
            // Room may come soon.
            Receipt::Held => Self { transient: true, ..Self::new(PollOutcome::Held, None) },
        }
    }

    fn failed(error: FetchError) -> Self {
        let (kind, gone) = (Kind::of(&error), matches!(error, FetchError::Gone(_)));
        let transient = matches!(error, FetchError::Retry { .. });
        let retry_after = if let FetchError::Retry { after, .. } = &error { *after } else { None };
        Self { kind, retry_after, gone, transient, ..Self::new(PollOutcome::Failed, Some(error.into_issue())) }
    }

    pub(super) fn detail(&self) -> String {
        self.issue.as_ref().map(|issue| issue.detail.clone()).unwrap_or_default()
    }

    /// Whether it showed a feed, or that the feed is as it was.
    pub(super) fn went_well(&self) -> bool {
        matches!(self.outcome, PollOutcome::Fetched | PollOutcome::NotModified)
    }
}
