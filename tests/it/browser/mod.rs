//! The status page in a real browser: headless Chromium, which chromedriver drives as the W3C WebDriver protocol says.
//!
//! Each [`Browser`] is a pair of processes of its own, with an empty home that goes with it. It reaches nothing but
//! 127.0.0.1, whatever a page asks of it.

mod checks;
mod page;
mod views;

use crate::harness::wait_for;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// Far more than any step takes; a machine may be busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// The key of this name, for [`Browser::keys`].
pub const TAB: &str = "\u{e004}";

/// What a small laptop shows, and the size of the pictures in the documents.
const USUAL: (u32, u32) = (1280, 900);

/// The driver in the background, in a process group with its browser, until standard input ends: that is when the test
/// drops it, panics, or is killed itself.
const WATCHED: &str = "chromedriver --port=0 & exec > /dev/null; cat; kill -KILL 0";

/// Starts the driver; its port, or none where it ended at once.
fn driver(home: &Path) -> (Child, Option<String>) {
    let mut driver = Command::new("sh")
        .args(["-c", WATCHED])
        .env("HOME", home)
        .env("TMPDIR", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(driver.stdout.as_mut().unwrap()).lines();
    let port = said.find_map(|line| Some(line.unwrap().split_once("successfully on port ")?.1.to_owned()));
    (driver, port)
}

/// A browser with one window.
pub struct Browser {
    driver: Child,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    /// The address of the session at the driver.
    session: String,
    /// Goes after the processes that write there.
    _home: TempDir,
}

impl Browser {
    pub fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        // It takes one port in both families of addresses, and ends where the other has it already.
        let (driver, port) = std::iter::repeat_with(|| driver(home.path()))
            .take(5)
            .find_map(|(driver, port)| Some((driver, port?)))
            .expect("chromedriver did not start; `tests/run --tools-only` installs it");
        let mut browser = Self {
            driver,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            session: format!("http://127.0.0.1:{}/session", port.trim_end_matches('.')),
            _home: home,
        };
        let wanted = json!({
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {"args": [
                "--headless=new",
                // Tests run as root in containers, where Chromium's own sandbox cannot be had and shared memory is small.
                "--no-sandbox",
                "--disable-dev-shm-usage",
                // Nothing but this machine is reached, and the browser asks for nothing by itself.
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--no-proxy-server",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                // The browser ends with its driver, and no port of it is open.
                "--remote-debugging-pipe",
                "--force-color-profile=srgb",
                "--hide-scrollbars",
            ]},
        });
        let session = browser.ask("", &json!({"capabilities": {"alwaysMatch": wanted}}));
        browser.session = format!("{}/{}", browser.session, session["sessionId"].as_str().unwrap());
        browser.resize(USUAL.0, USUAL.1);
        browser
    }

    /// A command that must succeed. An open `alert` fails any.
    #[track_caller]
    fn ask(&self, path: &str, body: &Value) -> Value {
        self.answer(self.client.post(format!("{}{path}", self.session)).body(body.to_string()))
    }

    #[track_caller]
    fn answer(&self, request: reqwest::RequestBuilder) -> Value {
        let (status, text) = self.runtime.block_on(async {
            let response = request.send().await.expect("chromedriver has ended");
            (response.status(), response.text().await.unwrap())
        });
        let value = serde_json::from_str::<Value>(&text).unwrap()["value"].take();
        assert!(status.is_success(), "{}: {}", value["error"], value["message"].as_str().unwrap_or_default());
        value
    }

    /// A command of Chromium's own protocol, for what WebDriver has no words for.
    #[track_caller]
    fn chromium(&self, command: &str, parameters: &Value) -> Value {
        self.ask("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Goes to an address and waits until it is loaded; what was logged and asked for before is forgotten.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.console();
        self.requests();
        self.ask("/url", &json!({"url": url}));
    }

    /// Runs the body of a function and gives what it returns, or what the promise that it returns comes to.
    #[track_caller]
    pub fn script(&self, body: &str, arguments: &[Value]) -> Value {
        self.ask("/execute/sync", &json!({"script": body, "args": arguments}))
    }

    /// Waits until an expression is true on the page.
    #[track_caller]
    pub fn wait_for(&self, expression: &str, what: &str) {
        let body = format!("return Boolean({expression})");
        wait_for(PATIENCE, what, || (self.script(&body, &[]) == true).then_some(()));
    }

    /// The text as a reader sees it.
    #[track_caller]
    pub fn text(&self) -> String {
        self.script("return document.body.innerText", &[]).as_str().unwrap().to_owned()
    }

    /// A click of the mouse on the first element that a selector finds; one that is covered or away fails.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let found = self.ask("/element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap();
        self.ask(&format!("/element/{id}/click"), &json!({}));
    }

    /// Strikes keys, wherever the focus is.
    #[track_caller]
    pub fn keys(&self, text: &str) {
        let strokes: Vec<Value> =
            text.chars().flat_map(|key| ["keyDown", "keyUp"].map(|way| json!({"type": way, "value": key}))).collect();
        self.ask("/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]}));
    }

    /// The size of the page's view; that of a window has a lower limit, which phones are under.
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.chromium("Emulation.setDeviceMetricsOverride", &size);
    }

    /// What the reader has asked the system for, as media features: `("prefers-reduced-motion", "reduce")`.
    #[track_caller]
    pub fn prefers(&self, features: &[(&str, &str)]) {
        let features: Vec<Value> = features.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.chromium("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    #[track_caller]
    pub fn dark(&self, dark: bool) {
        self.prefers(&[("prefers-color-scheme", if dark { "dark" } else { "light" })]);
    }

    /// Whether pages may run scripts from the next [`Browser::open`] on; ours run all the same.
    #[track_caller]
    pub fn scripts(&self, allowed: bool) {
        self.chromium("Emulation.setScriptExecutionDisabled", &json!({"value": !allowed}));
    }

    #[track_caller]
    fn logged(&self, log: &str) -> Vec<Value> {
        let Value::Array(entries) = self.ask("/se/log", &json!({"type": log})) else { panic!("no log {log}") };
        entries
    }

    /// The warnings and errors since the last call or [`Browser::open`].
    #[track_caller]
    pub fn console(&self) -> Vec<String> {
        let entries = self.logged("browser").into_iter();
        let bad = entries.filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        bad.map(|entry| format!("{}: {}", entry["level"], entry["message"])).collect()
    }

    /// The addresses that the page has asked for since the last call or [`Browser::open`], whether or not it got them.
    #[track_caller]
    pub fn requests(&self) -> Vec<String> {
        let entries = self.logged("performance").into_iter();
        let asked = entries.filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let (event, about) = (&event["message"]["method"], &event["message"]["params"]);
            match event.as_str()? {
                "Network.requestWillBeSent" => Some(about["request"]["url"].as_str()?.to_owned()),
                "Network.webSocketCreated" => Some(about["url"].as_str()?.to_owned()),
                _ => None,
            }
        });
        asked.collect()
    }

    /// What the view shows, as a PNG.
    #[track_caller]
    pub fn picture(&self) -> Vec<u8> {
        let picture = self.answer(self.client.get(format!("{}/screenshot", self.session)));
        STANDARD.decode(picture.as_str().unwrap()).unwrap()
    }

    /// Writes `docs/images/NAME.png` when `DATELINE_SCREENSHOTS` is 1, and does nothing else. What the clock says is made
    /// the same each time, so that a picture changes only when the page does.
    #[track_caller]
    pub fn screenshot(&self, name: &str) {
        if std::env::var("DATELINE_SCREENSHOTS").as_deref() != Ok("1") {
            return;
        }
        self.script(
            "document.activeElement.blur();
            scrollTo(0, 0);
            const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data
                .replace(/\\bnow\\b/, '1 s ago')
                .replace(/\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC/, '2026-01-01 12:00:00 UTC')
                .replace(/\\b\\d+ (s|min)\\b/g, '5 min');",
            &[],
        );
        let picture = self.picture();
        assert!(picture.len() < 200 << 10, "{name}.png has {} bytes; a repository keeps them for good", picture.len());
        let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
        std::fs::create_dir_all(&images).unwrap();
        std::fs::write(images.join(format!("{name}.png")), picture).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.driver.stdin.take());
        let _ = self.driver.wait();
    }
}
