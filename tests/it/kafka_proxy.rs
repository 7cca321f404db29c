//! A proxy in front of brokers that can hold back one EndTxn request, or the markers of transactions, and let them go
//! later.
//!
//! This is what a network may do: the request is on its way, its connection dies, the client sends it again over
//! another one, and long afterwards the first arrives. Brokers write the markers that end a transaction by requests to
//! each other, which come by where the listener between brokers is the proxied one. The proxy knows of Kafka's protocol
//! what it needs for that: the frame, the header, and the beginning of an EndTxn request (versions 0 to 2, which
//! librdkafka sends).

use std::{
    collections::HashMap,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

/// The request that ends a transaction, one way or the other.
const END_TRANSACTION: i16 = 26;

/// The request by which a coordinator has the markers of a transaction written.
const WRITE_MARKERS: i16 = 27;

/// One EndTxn request that came by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndTransaction {
    pub(crate) at: Instant,
    pub(crate) epoch: i16,
    pub(crate) commit: bool,
}

/// The proxy; it has a port for each broker.
pub(crate) struct Proxy {
    ports: Vec<u16>,
    rules: Arc<Mutex<Rules>>,
}

/// What is done about EndTxn requests, by transactional id.
#[derive(Default)]
struct Rules {
    armed: HashMap<String, mpsc::Sender<Held>>,
    seen: HashMap<String, Vec<EndTransaction>>,
    markers: Vec<Arc<LateMarkers>>,
}

/// Markers for one topic, and what comes behind them on their connections, wait until they are let go.
pub(crate) struct LateMarkers {
    topic: String,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    requests: usize,
    is_over: bool,
}

/// A request that was held back, with the broker's end of the connection it came on.
struct Held {
    frame: Vec<u8>,
    broker: TcpStream,
    answers: mpsc::Receiver<Vec<u8>>,
}

/// Stands for the request that is to be held back.
pub(crate) struct Hold {
    caught: mpsc::Receiver<Held>,
}

/// A request that is held back now.
pub(crate) struct Caught(Held);

impl Proxy {
    /// Starts to pass on what comes, from ports of its own to these.
    pub(crate) fn start(brokers: &[u16]) -> Self {
        let rules = Arc::<Mutex<Rules>>::default();
        let listen = |broker: &u16| {
            let (listener, broker) = (TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), *broker);
            let (port, rules) = (listener.local_addr().unwrap().port(), Arc::clone(&rules));
            thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    // A broker that is away is a connection that closes at once.
                    if let Ok(broker) = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)) {
                        connect(client, broker, Arc::clone(&rules));
                    }
                }
            });
            port
        };
        Self { ports: brokers.iter().map(listen).collect(), rules }
    }

    /// The port that stands for a broker, counted from 0.
    pub(crate) fn port(&self, broker: usize) -> u16 {
        self.ports[broker]
    }

    pub(crate) fn address(&self) -> String {
        self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect::<Vec<String>>().join(",")
    }

    /// The next EndTxn of this transactional id is held back, and its connection is cut.
    pub(crate) fn hold(&self, transactional_id: &str) -> Hold {
        let (sender, caught) = mpsc::channel();
        self.rules.lock().unwrap().armed.insert(transactional_id.to_owned(), sender);
        Hold { caught }
    }

    /// From now on markers for this topic are held back.
    pub(crate) fn hold_markers(&self, topic: &str) -> Arc<LateMarkers> {
        let late =
            Arc::new(LateMarkers { topic: topic.to_owned(), waiting: Mutex::default(), changed: Condvar::new() });
        self.rules.lock().unwrap().markers.push(Arc::clone(&late));
        late
    }

    /// Every EndTxn of a transactional id that came by, in order, the one held back among them.
    pub(crate) fn seen(&self, transactional_id: &str) -> Vec<EndTransaction> {
        self.rules.lock().unwrap().seen.get(transactional_id).cloned().unwrap_or_default()
    }
}

impl Hold {
    /// Waits until the request is there.
    pub(crate) fn caught(self) -> Caught {
        Caught(self.caught.recv_timeout(Duration::from_secs(60)).expect("an EndTxn comes by"))
    }
}

impl Caught {
    /// Lets it go, and returns the error code with which the broker answers it (0 for done). While an earlier
    /// transaction is still being completed the broker asks to come again, and so it does.
    pub(crate) fn release(mut self) -> i16 {
        const CONCURRENT_TRANSACTIONS: i16 = 51;
        loop {
            self.0.broker.write_all(&self.0.frame).unwrap();
            let answer = self.0.answers.recv_timeout(Duration::from_secs(60)).expect("the broker answers");
            // Length, correlation id, throttle time, error code.
            let code = i16::from_be_bytes([answer[12], answer[13]]);
            if code != CONCURRENT_TRANSACTIONS {
                return code;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl LateMarkers {
    /// Waits until markers are held back.
    pub(crate) fn caught(&self) {
        let limit = Duration::from_secs(60);
        let waiting = self.waiting.lock().unwrap();
        let (waiting, _) = self.changed.wait_timeout_while(waiting, limit, |waiting| waiting.requests == 0).unwrap();
        assert!(waiting.requests > 0, "markers for {} come by", self.topic);
    }

    /// Lets them go, and all that come later.
    pub(crate) fn release(&self) {
        self.waiting.lock().unwrap().is_over = true;
        self.changed.notify_all();
    }

    fn hold(&self) {
        let mut waiting = self.waiting.lock().unwrap();
        if !waiting.is_over {
            waiting.requests += 1;
            self.changed.notify_all();
            drop(self.changed.wait_while(waiting, |waiting| !waiting.is_over).unwrap());
        }
    }
}

/// Passes on both ways, in threads that end with the connection.
fn connect(client: TcpStream, broker: TcpStream, rules: Arc<Mutex<Rules>>) {
    let _ = (client.set_nodelay(true), broker.set_nodelay(true));
    let (Ok(to_client), Ok(from_broker)) = (client.try_clone(), broker.try_clone()) else { return };
    // Once a request is held, what the broker says is for its holder.
    let diverted = Arc::<Mutex<Option<mpsc::Sender<Vec<u8>>>>>::default();
    let divert = Arc::clone(&diverted);
    thread::spawn(move || {
        let (mut to_client, mut from_broker) = (to_client, from_broker);
        while let Ok(frame) = read_frame(&mut from_broker) {
            let passed = match &*divert.lock().unwrap() {
                Some(holder) => holder.send(frame).is_ok(),
                None => to_client.write_all(&frame).is_ok(),
            };
            if !passed {
                break;
            }
        }
        let _ = (to_client.shutdown(Shutdown::Both), from_broker.shutdown(Shutdown::Both));
    });
    thread::spawn(move || {
        let (mut client, mut broker) = (client, broker);
        while let Ok(frame) = read_frame(&mut client) {
            let late = rules.lock().unwrap().late(&frame);
            if let Some(late) = late {
                late.hold();
            }
            if let Some(holder) = rules.lock().unwrap().look(&frame) {
                let (sender, answers) = mpsc::channel();
                *diverted.lock().unwrap() = Some(sender);
                let _ = client.shutdown(Shutdown::Both);
                let _ = holder.send(Held { frame, broker, answers });
                return;
            }
            if broker.write_all(&frame).is_err() {
                break;
            }
        }
        let _ = (client.shutdown(Shutdown::Both), broker.shutdown(Shutdown::Both));
    });
}

/// A frame with its length in front.
fn read_frame(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut frame = length.to_vec();
    frame.resize(4 + u32::from_be_bytes(length) as usize, 0);
    from.read_exact(&mut frame[4..])?;
    Ok(frame)
}

impl Rules {
    /// Who holds back this request, where it writes markers.
    fn late(&self, frame: &[u8]) -> Option<Arc<LateMarkers>> {
        (api_of(frame)? == WRITE_MARKERS).then_some(())?;
        let names = |topic: &str| frame.windows(topic.len()).any(|window| window == topic.as_bytes());
        self.markers.iter().find(|late| names(&late.topic)).cloned()
    }

    /// Notes an EndTxn; returns who holds it, where it is to be held.
    fn look(&mut self, frame: &[u8]) -> Option<mpsc::Sender<Held>> {
        let (transactional_id, end) = end_transaction(frame)?;
        let holder = self.armed.remove(&transactional_id);
        self.seen.entry(transactional_id).or_default().push(end);
        holder
    }
}

/// The transactional id and what else matters, where the frame is an EndTxn request.
fn end_transaction(frame: &[u8]) -> Option<(String, EndTransaction)> {
    // Length, key, version, correlation id; then the client's name and the body.
    let (_header, rest) = frame.get(4..)?.split_at_checked(8)?;
    if api_of(frame)? != END_TRANSACTION {
        return None;
    }
    let (_client, rest) = string(rest)?;
    let (transactional_id, rest) = string(rest)?;
    // Producer id, epoch, whether to commit.
    let epoch = i16::from_be_bytes([*rest.get(8)?, *rest.get(9)?]);
    Some((transactional_id, EndTransaction { at: Instant::now(), epoch, commit: *rest.get(10)? != 0 }))
}

/// What is asked for: the number of the API, behind the length.
fn api_of(frame: &[u8]) -> Option<i16> {
    Some(i16::from_be_bytes([*frame.get(4)?, *frame.get(5)?]))
}

fn string(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = bytes.split_at_checked(2)?;
    let length = i16::from_be_bytes([length[0], length[1]]).max(0) as usize;
    let (text, rest) = rest.split_at_checked(length)?;
    Some((String::from_utf8(text.to_vec()).ok()?, rest))
}
