//! What is counted while feeds are polled, and what is made of it.

use crate::world::Place;

/// The stretches that are looked at, with the minute at which each ends.
pub(crate) const PHASES: [(&str, usize); 8] = [
    ("cold start", 60),
    ("settling", 14 * 60),
    ("steady", 24 * 60),
    ("network away", 25 * 60),
    ("network back", 26 * 60),
    ("later", 28 * 60),
    ("held", 29 * 60),
    ("let go", 31 * 60),
];
/// The phase in which polls of feeds are counted one by one.
pub(crate) const STEADY: usize = 2;
/// Where feeds stand, as figures are told apart by it.
pub(crate) const PLACES: [(&str, Place); 3] =
    [("paths of a platform", Place::Path), ("names of a platform", Place::Name), ("own hosts", Place::Own)];

/// The counts of one process, or of all.
#[derive(Clone)]
pub(crate) struct Tally {
    /// Requests that began in each minute.
    pub(crate) minutes: Vec<u32>,
    /// Polls that waited for their turn at the end of a minute.
    pub(crate) waiting: Vec<u32>,
    /// By phase and place: how long polls waited for their turn.
    pub(crate) lags: Vec<[Spread; 3]>,
    /// By phase: requests of a host within a minute in which it had any.
    pub(crate) hosts: Vec<Spread>,
    /// By feed: polls of the steady phase.
    pub(crate) polls: Vec<u16>,
    /// Of the steady phase: unchanged, documents, failures, requests for the whole to check on a 304, items that could be
    /// seen, items that had scrolled past.
    pub(crate) answers: [u64; 6],
    /// The minute that is counted now, by host.
    now: (usize, Vec<u32>, Vec<u32>),
    pub(crate) queue: u32,
}

impl Tally {
    pub(crate) fn new(feeds: usize, hosts: usize) -> Self {
        let minutes = PHASES[PHASES.len() - 1].1;
        Self {
            minutes: vec![0; minutes],
            waiting: vec![0; minutes],
            lags: vec![Default::default(); PHASES.len()],
            hosts: vec![Spread::default(); PHASES.len()],
            polls: vec![0; feeds],
            answers: [0; 6],
            now: (0, vec![0; hosts], Vec::new()),
            queue: 0,
        }
    }

    /// A request begins.
    pub(crate) fn request(&mut self, second: f64, host: usize) {
        self.turn_to((second / 60.0) as usize);
        let (minute, counts, touched) = &mut self.now;
        if let Some(count) = self.minutes.get_mut(*minute) {
            *count += 1;
        }
        if counts[host] == 0 {
            touched.push(host as u32);
        }
        counts[host] += 1;
    }

    /// Closes minutes until this one.
    pub(crate) fn turn_to(&mut self, minute: usize) {
        let (now, counts, touched) = &mut self.now;
        while *now < minute {
            if let Some(waiting) = self.waiting.get_mut(*now) {
                *waiting = self.queue;
            }
            for host in touched.drain(..) {
                self.hosts[phase(*now)].add(f64::from(std::mem::take(&mut counts[host as usize])));
            }
            *now += 1;
        }
    }

    /// Another process's counts, whose feeds are these.
    pub(crate) fn absorb(&mut self, other: &Self, feeds: &[usize]) {
        let add = |(all, one): (&mut u32, &u32)| *all += one;
        self.minutes.iter_mut().zip(&other.minutes).for_each(add);
        self.waiting.iter_mut().zip(&other.waiting).for_each(add);
        for (all, one) in self.lags.iter_mut().flatten().zip(other.lags.iter().flatten()) {
            all.absorb(one);
        }
        self.hosts.iter_mut().zip(&other.hosts).for_each(|(all, one)| all.absorb(one));
        self.answers.iter_mut().zip(&other.answers).for_each(|(all, one)| *all += one);
        for (feed, polls) in feeds.iter().zip(&other.polls) {
            self.polls[*feed] = *polls;
        }
    }
}

/// The phase of a minute.
pub(crate) fn phase(minute: usize) -> usize {
    PHASES.iter().position(|(_, end)| minute < *end).unwrap_or(PHASES.len() - 1)
}

/// The minutes of a phase.
pub(crate) fn minutes(phase: usize) -> std::ops::Range<usize> {
    let begin = if phase == 0 { 0 } else { PHASES[phase - 1].1 };
    begin..PHASES[phase].1
}

/// Values, counted in steps of a twentieth.
#[derive(Clone, Default)]
pub(crate) struct Spread {
    counts: Vec<u64>,
    count: u64,
    sum: f64,
    pub(crate) most: f64,
}

impl Spread {
    const STEP: f64 = 1.05;

    pub(crate) fn add(&mut self, value: f64) {
        // What is less than a thousandth is nothing.
        let step = ((value * 1e3).max(1.0).ln() / Self::STEP.ln()).round() as usize;
        if self.counts.len() <= step {
            self.counts.resize(step + 1, 0);
        }
        self.counts[step] += 1;
        self.count += 1;
        self.sum += value;
        self.most = self.most.max(value);
    }

    fn absorb(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(all, one)| *all += one);
        self.count += other.count;
        self.sum += other.sum;
        self.most = self.most.max(other.most);
    }

    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }

    /// The value that this share does not exceed.
    pub(crate) fn at(&self, share: f64) -> f64 {
        let (wanted, mut seen) = ((self.count as f64 * share) as u64, 0);
        for (step, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen > wanted {
                return if step == 0 { 0.0 } else { (Self::STEP.powi(step as i32) / 1e3).min(self.most) };
            }
        }
        self.most
    }
}

/// Jain's index: 1 when all get the same, 1/n when one gets all.
pub(crate) fn fairness(shares: &[f64]) -> f64 {
    let (sum, squares) = shares.iter().fold((0.0, 0.0), |(sum, squares), share| (sum + share, squares + share * share));
    if squares == 0.0 { 1.0 } else { sum * sum / (shares.len() as f64 * squares) }
}
