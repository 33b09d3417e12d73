//! Real servers for the tests on free ports, killed when dropped, and tunnels to them: some plain,
//! some with a trick. The unit tests of the keyspace and the tests on the emulator share them.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A process that ends with the test.
pub struct Server {
    child: Child,
    pub port: u16,
    pub dir: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Below the ephemeral ports, so that no outgoing connection takes one; a cluster's bus is 10000 above.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 50) as u16 * 200;
    loop {
        let port = 11_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
}

fn start(program: &str, port: u16, dir: TempDir, args: &[String]) -> Server {
    let log = fs::File::create(dir.path().join("log")).unwrap();
    let child = Command::new(program)
        .args(args)
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("{program} is missing ({error}): run tests/setup.sh"));
    let mut server = Server { child, port, dir };
    until(&format!("{program} on {port}"), || {
        let log = || fs::read_to_string(server.dir.path().join("log")).unwrap_or_default();
        assert!(server.child.try_wait().unwrap().is_none(), "{program} ended: {}", log());
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    server
}

/// A Redis with these lines in its configuration.
pub fn redis(config: &str) -> Server {
    let (port, dir) = (free_port(), tempfile::tempdir().unwrap());
    let file = dir.path().join("redis.conf");
    fs::write(
        &file,
        format!("port {port}\nbind 127.0.0.1\nsave \"\"\nappendonly no\ndir {:?}\n{config}\n", dir.path()),
    )
    .unwrap();
    start("redis-server", port, dir, &[file.display().to_string()])
}

pub fn memcached(args: &[&str]) -> Server {
    let port = free_port();
    let words = format!("-l 127.0.0.1 -p {port} -U 0 -u root");
    let args: Vec<String> = words.split(' ').chain(args.iter().copied()).map(str::to_string).collect();
    start("memcached", port, tempfile::tempdir().unwrap(), &args)
}

impl Server {
    /// What redis-cli prints.
    pub fn cli(&self, args: &[&str]) -> String {
        cli(self.port, args, "")
    }

    pub fn set(&self, database: u32, keys: u32) {
        let lines: String = (0..keys).map(|i| format!("set key:{i} value\n")).collect();
        cli(self.port, &["-c", "-n", &database.to_string()], &lines);
    }

    pub fn count(&self, database: u32) -> u64 {
        self.cli(&["-n", &database.to_string(), "dbsize"]).trim().parse().unwrap()
    }
}

/// Three shards, each with so many replicas; ready when all of them know it.
pub fn cluster(replicas: usize) -> Vec<Server> {
    let config = "cluster-enabled yes\ncluster-node-timeout 5000\nrepl-diskless-sync-delay 0";
    let servers: Vec<Server> = (0..3 + 3 * replicas).map(|_| redis(config)).collect();
    let nodes: Vec<String> = servers.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
    let replicas_of_each = replicas.to_string();
    let mut args = vec!["--cluster", "create"];
    args.extend(nodes.iter().map(String::as_str));
    args.extend(["--cluster-replicas", &replicas_of_each, "--cluster-yes"]);
    servers[0].cli(&args);
    until("the cluster", || {
        servers.iter().all(|server| {
            let (state, replication) = (server.cli(&["cluster", "info"]), server.cli(&["info", "replication"]));
            let linked =
                replicas == 0 || replication.contains("state=online") || replication.contains("master_link_status:up");
            let shards = server.cli(&["cluster", "shards"]);
            let known = |role: &str| shards.lines().filter(|line| *line == role).count();
            state.contains("cluster_state:ok") && linked && known("master") == 3 && known("replica") == 3 * replicas
        })
    });
    servers
}

pub fn cli(port: u16, args: &[&str], input: &str) -> String {
    let mut child = Command::new("redis-cli")
        .args(["-p", &port.to_string()])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("redis-cli is missing ({error}): run tests/setup.sh"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_string();
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "redis-cli {args:?}: {said}{}", String::from_utf8_lossy(&stderr));
    said
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(40), "waited too long for {what}");
        thread::sleep(Duration::from_millis(30));
    }
}

/// A certificate for `cache.test`, and the CA that signed it.
pub struct Certificates {
    dir: TempDir,
}

impl Certificates {
    pub fn get() -> &'static Self {
        static MADE: OnceLock<Certificates> = OnceLock::new();
        MADE.get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
            fs::write(dir.path().join("names"), "subjectAltName=DNS:cache.test").unwrap();
            openssl(dir.path(), &format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=CA"));
            openssl(dir.path(), &format!("req {key} -keyout node.key -out node.csr -subj /CN=cache.test"));
            openssl(
                dir.path(),
                "x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out node.pem",
            );
            Self { dir }
        })
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Lines of a configuration which offers TLS on a port beside the plain one.
    pub fn config(&self, port: u16) -> String {
        let (ca, cert, key) = (self.file("ca.pem"), self.file("node.pem"), self.file("node.key"));
        format!(
            "tls-port {port}\ntls-ca-cert-file {ca:?}\ntls-cert-file {cert:?}\ntls-key-file {key:?}\n\
             tls-auth-clients no\n"
        )
    }
}

fn openssl(dir: &Path, words: &str) {
    let made = Command::new("openssl").args(words.split(' ')).current_dir(dir).output();
    let made = made.unwrap_or_else(|error| panic!("openssl is missing ({error}): run tests/setup.sh"));
    assert!(made.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&made.stderr));
}

/// Takes connections and never says a word.
pub fn silent() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let _kept: Vec<_> = listener.incoming().collect();
    });
    port
}

/// What stands between us and a server does with the command it waits for.
#[derive(Clone, Copy, PartialEq)]
pub enum Trick {
    /// Gives it to the server, waits until it is done, and cuts the connection without an answer.
    Cut,
    /// Keeps it, and says nothing any more.
    Swallow,
}

/// A tunnel to `upstream`, as ssh would open it.
pub fn forward(upstream: u16) -> u16 {
    between(upstream, None)
}

/// A tunnel to `upstream` which plays a trick at the first `command` of every connection.
pub fn tunnel(upstream: u16, command: &'static str, trick: Trick) -> u16 {
    between(upstream, Some((command, trick)))
}

fn between(upstream: u16, trick: Option<(&'static str, Trick)>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || carry(client, upstream, trick));
        }
    });
    port
}

fn carry(mut client: TcpStream, upstream: u16, trick: Option<(&'static str, Trick)>) {
    // The server may be gone by now, which the client sees as the end of its connection.
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", upstream)) else { return };
    let cutting = Arc::new(AtomicBool::new(false));
    let back = {
        let (mut client, mut server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let cutting = Arc::clone(&cutting);
        thread::spawn(move || {
            let mut chunk = [0; 65536];
            while let Ok(n @ 1..) = server.read(&mut chunk) {
                if cutting.load(Ordering::SeqCst) {
                    let _ = client.shutdown(Shutdown::Both);
                    return;
                }
                let _ = client.write_all(&chunk[..n]);
            }
            let _ = client.shutdown(Shutdown::Both);
        })
    };
    let mut chunk = [0; 65536];
    while let Ok(n @ 1..) = client.read(&mut chunk) {
        let said = String::from_utf8_lossy(&chunk[..n]);
        match trick {
            Some((command, Trick::Swallow)) if said.contains(command) => continue,
            Some((command, Trick::Cut)) if said.contains(command) => cutting.store(true, Ordering::SeqCst),
            _ => {}
        }
        if server.write_all(&chunk[..n]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = back.join();
}
