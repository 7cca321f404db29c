//! Certificates that do not hold, servers that cannot speak, and those that want to know us.

use super::{get, limits, outcome, runtime, server::document};
use dateline::{
    fetch::{Client, Options},
    model::{Feed, Validators},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        server::WebPkiClientVerifier,
    },
};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/feed_server/tls").join(name)
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(name)).unwrap()
}

/// A TLS server with this certificate, behind it as many more as wanted, that asks for a certificate of ours or not.
fn acceptor(name: &str, more: usize, asks: bool) -> TlsAcceptor {
    let mut chain = vec![certificate(name)];
    chain.extend(std::iter::repeat_n(certificate("ca.pem"), more));
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let builder = ServerConfig::builder();
    let builder = if asks {
        let mut roots = RootCertStore::empty();
        roots.add(certificate("ca.pem")).unwrap();
        builder.with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()))
}

/// What a server does with a connection.
#[derive(Clone)]
enum Greets {
    /// Speaks TLS and answers with this.
    Tls(TlsAcceptor, String),
    /// Sends these bytes instead of a handshake, and closes.
    Bytes(&'static [u8]),
    /// Reads the hello and closes.
    Cuts,
}

async fn serve(greets: Greets) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let greets = greets.clone();
            tokio::spawn(async move { greet(stream, greets).await });
        }
    });
    port
}

async fn greet(mut stream: TcpStream, greets: Greets) -> Option<()> {
    match greets {
        Greets::Tls(acceptor, answer) => {
            let mut stream = acceptor.accept(stream).await.ok()?;
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.ok()?;
            stream.write_all(answer.as_bytes()).await.ok()?;
            stream.shutdown().await.ok()
        }
        Greets::Bytes(bytes) => {
            let mut hello = [0; 1024];
            let _ = stream.read(&mut hello).await.ok()?;
            stream.write_all(bytes).await.ok()
        }
        Greets::Cuts => {
            let mut hello = [0; 1024];
            stream.read(&mut hello).await.ok().map(drop)
        }
    }
}

fn answer() -> String {
    let body = document(&["one"]);
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn feed(host: &str, port: u16) -> Feed {
    let mut feed = Feed::new("tls", &format!("https://{host}:{port}/rss"));
    feed.allow = vec![format!("{host}:{port}")];
    feed.ca_file = Some(file("ca.pem").display().to_string());
    feed
}

#[test]
fn c15_every_fault_of_tls_has_its_name() {
    let tls = |name, more| Greets::Tls(acceptor(name, more, false), answer());
    // A server of TLS 1.0 answers with the alert `protocol_version`.
    const OLD: &[u8] = &[0x15, 3, 1, 0, 2, 2, 70];
    const NONSENSE: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    let rows: Vec<(&str, Greets, &str)> = vec![
        ("sound", tls("server.pem", 0), "<?xml"),
        ("expired", tls("expired.pem", 0), "tls_failed"),
        ("wrong host", tls("other-host.pem", 0), "tls_failed"),
        ("self-signed", tls("self-signed.pem", 0), "tls_failed"),
        ("old version", Greets::Bytes(OLD), "tls_failed"),
        ("no TLS", Greets::Bytes(NONSENSE), "tls_failed"),
        ("cut in the handshake", Greets::Cuts, "tls_failed|connect_failed|connection_broken"),
        ("chain of 100 KB", tls("server.pem", 240), "<?xml|tls_failed"),
    ];
    runtime().block_on(async {
        let client = Client::new(&limits(), "0").unwrap();
        let mut said = Vec::new();
        for (name, greets, expected) in &rows {
            let port = serve(greets.clone()).await;
            let begun = std::time::Instant::now();
            let found = outcome(get(&client, &feed("localhost", port), &Validators::default()).await);
            assert!(begun.elapsed() < Duration::from_secs(2), "{name}: {:?}", begun.elapsed());
            assert!(expected.split('|').any(|expected| found.starts_with(expected)), "{name}: {found}");
            said.push(format!("{name} {}", found.chars().take(12).collect::<String>()));
        }
        // Without the authority that signed it, a sound certificate is worth nothing; and there is no way to say so.
        let port = serve(tls("server.pem", 0)).await;
        let mut strict = feed("localhost", port);
        strict.ca_file = None;
        assert_eq!(outcome(get(&client, &strict, &Validators::default()).await), "tls_failed");
        eprintln!("C15: {} faults named: {}", rows.len(), said.join(", "));
    });
}

#[test]
fn a_server_that_asks_is_shown_our_certificate_and_no_other_is() {
    let asking = acceptor("server.pem", 0, true);
    runtime().block_on(async {
        let client = Client::new(&limits(), "0").unwrap();
        let port = serve(Greets::Tls(asking.clone(), answer())).await;
        let unknown = feed("localhost", port);
        let refused = outcome(get(&client, &unknown, &Validators::default()).await);
        assert!(["tls_failed", "connection_broken", "connect_failed"].contains(&refused.as_str()), "{refused}");
        let mut known = feed("localhost", port);
        known.client_certificate_file = Some(file("client.pem").display().to_string());
        known.client_key_file = Some(file("client.key").display().to_string());
        assert!(outcome(get(&client, &known, &Validators::default()).await).starts_with("<?xml"));
        // A redirect to another origin takes the certificate nowhere.
        let elsewhere = serve(Greets::Tls(asking, answer())).await;
        let redirect =
            format!("HTTP/1.1 301 Moved\r\nLocation: https://localhost:{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
        let port = serve(Greets::Tls(acceptor("server.pem", 0, false), redirect)).await;
        known.url = format!("https://localhost:{port}/rss");
        known.allow = vec![format!("localhost:{port}"), format!("localhost:{elsewhere}")];
        let led = outcome(get(&client, &known, &Validators::default()).await);
        assert!(["tls_failed", "connection_broken", "connect_failed"].contains(&led.as_str()), "{led}");
        // What is not there, or is none, is said by name.
        known.client_certificate_file = Some("/nowhere/client.pem".to_owned());
        assert_eq!(outcome(get(&client, &known, &Validators::default()).await), "credentials_missing");
    });
}

#[test]
fn c13_no_redirect_leads_from_https_to_http() {
    runtime().block_on(async {
        let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = plain.local_addr().unwrap().port();
        let redirect = format!("HTTP/1.1 302 Found\r\nLocation: http://localhost:{port}/\r\nContent-Length: 0\r\n\r\n");
        let tls = serve(Greets::Tls(acceptor("server.pem", 0, false), redirect)).await;
        let mut feed = feed("localhost", tls);
        feed.allow.push(format!("localhost:{port}"));
        let client = Client::new(&Options { max_redirects: 5, ..limits() }, "0").unwrap();
        assert_eq!(outcome(get(&client, &feed, &Validators::default()).await), "redirect_refused");
        let met = tokio::time::timeout(Duration::from_millis(100), plain.accept()).await;
        eprintln!("C13: https to http refused at the hop, connections {}", u8::from(met.is_ok()));
        assert!(met.is_err());
    });
}
