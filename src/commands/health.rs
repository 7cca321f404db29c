//! `dateline health`: asks the daemon that runs whether it is ready, for containers and scripts.
//!
//! It has no client but a socket: a check that is made every few seconds reads no certificates.

use super::{exit, feeds::complain, put_text};
use crate::{
    cli::Health,
    config::{self, Environment, Flags},
};
use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _},
    time::Duration,
};
use url::{Position, Url};

/// Longer answers are none of ours.
const MOST_BYTES: u64 = 1 << 20;

/// What to ask, and where.
struct Question {
    /// Tried one after the other.
    addresses: Vec<SocketAddr>,
    /// As the request names the server.
    host: String,
    path: String,
}

/// Runs the verb.
pub(super) fn run(given: &Health) -> u8 {
    let question = match &given.url {
        Some(url) => of_url(url).map_err(|problem| (format!("{url}: {problem}"), exit::USAGE)),
        None => {
            let listen = config::status(&Flags::from(&given.configuration), &Environment::of_process()).listen;
            of_listen(&listen)
                .map_err(|problem| (format!("status.listen is {listen:?}: {problem}"), exit::CONFIGURATION))
        }
    };
    match question.and_then(|question| ask(&question, given.timeout).map_err(|error| (error, exit::UNAVAILABLE))) {
        Ok((200, words)) => {
            put_text(&words);
            exit::DONE
        }
        Ok((503, words)) => {
            put_text(&words);
            exit::FAILED
        }
        Ok((status, _)) => {
            complain(&format!("error: the answer is {status}: this is no dateline, or not under this name"));
            exit::UNAVAILABLE
        }
        Err((problem, code)) => {
            complain(&format!("error: {problem}"));
            code
        }
    }
}

fn of_url(text: &str) -> Result<Question, String> {
    let url = Url::parse(text).map_err(|error| format!("no address: {error}"))?;
    if url.scheme() != "http" {
        return Err("only http is spoken here: give the address that the daemon itself listens at".to_owned());
    }
    let addresses = url.socket_addrs(|| None).map_err(|error| error.to_string())?;
    let host = url[Position::BeforeHost..Position::AfterPort].to_owned();
    Ok(Question { addresses, host, path: format!("{}/readyz?verbose", url.path().trim_end_matches('/')) })
}

/// Who listens at all addresses is asked at the loopback; by an address, for names are refused unless `hosts` has them.
fn of_listen(listen: &str) -> Result<Question, String> {
    if listen == "off" {
        return Err("nobody can be asked".to_owned());
    }
    let mut addresses: Vec<SocketAddr> = listen.to_socket_addrs().map_err(|error| error.to_string())?.collect();
    for address in &mut addresses {
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
    }
    let first = addresses.first().ok_or("the name has no address")?;
    if first.port() == 0 {
        return Err("the port was chosen when the daemon started: give its address with --url".to_owned());
    }
    Ok(Question { host: first.to_string(), path: "/readyz?verbose".to_owned(), addresses })
}

/// The status and the words of the answer.
fn ask(question: &Question, timeout: Duration) -> Result<(u16, String), String> {
    let mut last = String::new();
    for address in &question.addresses {
        match ask_at(address, question, timeout) {
            Ok(answer) => {
                let (head, words) = answer.split_once("\r\n\r\n").unwrap_or_default();
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                return status.map(|status| (status, words.to_owned())).ok_or(format!("{address} does not speak HTTP"));
            }
            Err(error) => last = format!("nobody answers at {address}: {error}"),
        }
    }
    Err(last)
}

fn ask_at(address: &SocketAddr, question: &Question, timeout: Duration) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(address, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    // HTTP/1.0: the answer comes whole and ends with the connection.
    write!(stream, "GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", question.path, question.host)?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: Result<Question, String>, address: &str, host: &str, path: &str) {
        let question = question.unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(question.addresses, [address.parse().unwrap()]);
        assert_eq!((question.host.as_str(), question.path.as_str()), (host, path));
    }

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        check(of_listen("0.0.0.0:8640"), "127.0.0.1:8640", "127.0.0.1:8640", "/readyz?verbose");
        check(of_listen("[::]:8640"), "[::1]:8640", "[::1]:8640", "/readyz?verbose");
        check(of_listen("10.1.2.3:80"), "10.1.2.3:80", "10.1.2.3:80", "/readyz?verbose");
        check(of_url("http://[::1]:8640"), "[::1]:8640", "[::1]:8640", "/readyz?verbose");
        check(of_url("http://127.0.0.1/wire/"), "127.0.0.1:80", "127.0.0.1", "/wire/readyz?verbose");
        for wrong in ["off", "127.0.0.1:0"] {
            assert!(of_listen(wrong).is_err(), "{wrong}");
        }
        assert!(of_url("https://127.0.0.1").is_err() && of_url("127.0.0.1:8640").is_err());
    }
}
