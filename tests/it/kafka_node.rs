//! One process of Apache Kafka (KRaft, broker and controller in one JVM) on free loopback ports.
//!
//! It may be killed, frozen and started again on the same ports with the same data. It ends with the test process,
//! however that ends: a shell of the JVM's own process group holds the read end of a pipe, and kills the JVM when the
//! pipe closes.

use crate::ports;
use std::{
    fs,
    io::Write as _,
    net::{Ipv4Addr, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

/// The ports of a node, free a moment before it takes them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) clients: u16,
    pub(crate) controller: u16,
    /// Where it listens for what comes through the proxy.
    pub(crate) behind_proxy: u16,
}

/// A node.
pub(crate) struct Node {
    pub(crate) id: usize,
    pub(crate) ports: Ports,
    directory: PathBuf,
    libraries: PathBuf,
    guard: Mutex<Option<Child>>,
}

impl Node {
    /// Writes its settings and formats its log directory; nothing is started.
    pub(crate) fn install(
        id: usize,
        ports: Ports,
        directory: PathBuf,
        libraries: PathBuf,
        cluster: &str,
        settings: &str,
    ) -> Self {
        fs::create_dir_all(&directory).unwrap();
        let data = directory.join("data");
        let settings = format!("node.id={id}\nlog.dirs={}\n{settings}", data.display());
        fs::write(directory.join("server.properties"), settings).unwrap();
        fs::write(directory.join("log4j2.properties"), LOGGING).unwrap();
        let node = Self { id, ports, directory, libraries, guard: Mutex::default() };
        let output = node
            .java()
            .args(["kafka.tools.StorageTool", "format", "-t", cluster, "-c"])
            .arg(node.directory.join("server.properties"))
            .output()
            .expect("java starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        node
    }

    /// Settings beside ours, from the next start on; one that is given twice is the last one.
    pub(crate) fn settings(&self, more: &str) {
        let mut file = fs::OpenOptions::new().append(true).open(self.directory.join("server.properties")).unwrap();
        file.write_all(more.as_bytes()).unwrap();
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.clients)
    }

    /// Puts its log directory, which is formatted and not in use, on a file system of its own of so many MiB; none where
    /// this machine does not let us.
    pub(crate) fn on_small_disk(&self, mib: u32) -> Option<SmallDisk> {
        let data = self.directory.join("data");
        let formatted = self.directory.join("formatted");
        fs::rename(&data, &formatted).unwrap();
        fs::create_dir(&data).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(&data);
        let disk = mount.output().is_ok_and(|done| done.status.success()).then(|| SmallDisk(data.clone()));
        let copied = Command::new("cp").arg("-a").arg(formatted.join(".")).arg(&data).status().unwrap();
        assert!(copied.success());
        disk
    }

    /// Starts it, also one that has ended by itself, or lets it go on where it was frozen; `wait_for_port` waits until it
    /// listens.
    pub(crate) fn start(&self) {
        if self.guard.lock().unwrap().is_some() {
            if self.signal("CONT") {
                return;
            }
            let _ = std::io::stderr().write_all(format!("broker {} had ended:\n{}\n", self.id, self.log()).as_bytes());
            self.kill();
        }
        let mut guard = self.guard.lock().unwrap();
        let java = self.java();
        let arguments = java.get_args().map(|argument| argument.to_os_string());
        let log = fs::OpenOptions::new().create(true).append(true).open(self.directory.join("server.log")).unwrap();
        // The JVM runs beside a `cat` that ends with the pipe's write end, which this process holds.
        let script = "pid=$1; shift; \"$@\" < /dev/null & broker=$!; echo $broker > $pid; cat > /dev/null; kill -9 $broker; wait $broker";
        let _ = fs::remove_file(self.pid_file());
        let child = Command::new("sh")
            .args(["-c", script, "kafka"])
            .arg(self.pid_file())
            .arg(java.get_program())
            .args(arguments)
            .arg("kafka.Kafka")
            .arg(self.directory.join("server.properties"))
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        *guard = Some(child);
    }

    /// Waits until it listens.
    pub(crate) fn wait_for_port(&self) {
        let deadline = Instant::now() + Duration::from_secs(180);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.clients)).is_err() {
            assert!(Instant::now() < deadline, "broker {} does not start:\n{}", self.id, self.log());
            self.start();
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Kills it as `kill -9` does; its data stay.
    pub(crate) fn kill(&self) {
        if let Some(mut guard) = self.guard.lock().unwrap().take() {
            drop(guard.stdin.take());
            guard.wait().unwrap();
        }
    }

    /// Freezes it: its connections stay open and nothing answers.
    pub(crate) fn freeze(&self) {
        assert!(self.signal("STOP"), "broker {} had ended:\n{}", self.id, self.log());
    }

    /// False for one that has ended by itself.
    fn signal(&self, name: &str) -> bool {
        // The shell writes the number as its first act; a broker that is not running has none.
        let deadline = Instant::now() + Duration::from_secs(10);
        let pid = loop {
            match fs::read_to_string(self.pid_file()) {
                Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
                _ => assert!(Instant::now() < deadline, "broker {} has no process", self.id),
            }
            thread::sleep(Duration::from_millis(10));
        };
        Command::new("kill").arg(format!("-{name}")).arg(pid).stderr(Stdio::null()).status().unwrap().success()
    }

    fn pid_file(&self) -> PathBuf {
        self.directory.join("pid")
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.join("server.log")).unwrap_or_default()
    }

    fn java(&self) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xms96m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"])
            .arg(format!("-Dlog4j2.configurationFile={}", self.directory.join("log4j2.properties").display()))
            .arg("-cp")
            .arg(self.libraries.join("*"));
        java
    }
}

/// A file system that is taken away with its user.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Leaves no room on it.
    pub(crate) fn fill(&self) {
        let mut ballast = fs::File::create(self.0.join("ballast")).unwrap();
        while ballast.write_all(&[0; 4096]).is_ok() {}
    }

    pub(crate) fn free(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the broker may still have its files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The ports of so many nodes.
pub(crate) fn free_ports(nodes: usize) -> Vec<Ports> {
    let ports = ports::free(nodes * 3);
    ports.chunks(3).map(|ports| Ports { clients: ports[0], controller: ports[1], behind_proxy: ports[2] }).collect()
}

/// Where the jars are, as `DATELINE_TEST_KAFKA` says.
pub(crate) fn libraries() -> Option<PathBuf> {
    std::env::var_os("DATELINE_TEST_KAFKA").map(|path| Path::new(&path).to_owned())
}

const LOGGING: &str = "rootLogger.level=warn
rootLogger.appenderRef.c.ref=C
appender.c.type=Console
appender.c.name=C
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c{1} %m%n
";
