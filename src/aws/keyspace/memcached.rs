//! A node of Memcached, in its text protocol: what it counts, and `flush_all`.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use super::connect::{Wire, Written, connect};
use super::failure::{Failure, ReadKey};
use super::{Broken, Flushed, NodeTimeouts, Target};
use crate::domain::cache::{Endpoint, MayFlush, NodeLook};
use crate::domain::fault::Fault;

/// Of one answer. A Memcached tells about a hundred lines of some twenty characters.
const MOST_LINES: usize = 10_000;
const LONGEST_LINE: u64 = 8192;

struct Session<'a> {
    target: &'a Target,
    patience: Duration,
    wire: BufReader<Wire>,
    written: Written,
    fresh: bool,
}

impl<'a> Session<'a> {
    async fn open(target: &'a Target, t: NodeTimeouts) -> Result<Self, Broken> {
        let asked = ReadKey { engine: "memcached", target, command: "", first: true };
        let wire = connect(target, t).await.map_err(|failure| failure.broken(asked, false))?;
        let written = wire.written();
        Ok(Self { target, patience: t.answer, wire: BufReader::new(wire), written, fresh: true })
    }

    /// One command; the lines before the one that ends the answer.
    async fn ask(&mut self, command: &str) -> Result<Vec<String>, Failure> {
        let patience = self.patience;
        let answer = timeout(patience, self.exchange(command)).await.unwrap_or(Err(Failure::Slow(patience)));
        if answer.as_ref().map_or_else(Failure::is_answer, |_| true) {
            self.fresh = false;
        }
        answer
    }

    async fn exchange(&mut self, command: &str) -> Result<Vec<String>, Failure> {
        let cut = |error: std::io::Error| Failure::Cut(error.to_string());
        self.wire.write_all(format!("{command}\r\n").as_bytes()).await.map_err(cut)?;
        self.wire.flush().await.map_err(cut)?;
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let mut line = Vec::new();
            (&mut self.wire).take(LONGEST_LINE).read_until(b'\n', &mut line).await.map_err(cut)?;
            if line.is_empty() {
                return Err(Failure::Cut("closed".into()));
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_string();
            match line.split(' ').next() {
                Some("END" | "OK") => return Ok(lines),
                Some("STAT") => lines.push(line),
                Some("ERROR" | "CLIENT_ERROR" | "SERVER_ERROR") => {
                    return Err(Failure::Server { code: String::new(), text: line });
                }
                _ => return Err(Failure::Strange(line)),
            }
        }
        Err(Failure::Strange("too many lines".into()))
    }

    async fn stats(&mut self, command: &str) -> Result<Stats, Broken> {
        let asked = self.context(command);
        self.ask(command).await.map(Stats).map_err(|failure| failure.broken(asked, false))
    }

    fn context<'c>(&self, command: &'c str) -> ReadKey<'c>
    where
        'a: 'c,
    {
        ReadKey { engine: "memcached", target: self.target, command, first: self.fresh }
    }
}

/// `STAT name value` by line.
struct Stats(Vec<String>);

impl Stats {
    fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|line| line.strip_prefix("STAT ")?.strip_prefix(name)?.strip_prefix(' '))
    }

    fn number(&self, name: &str) -> u64 {
        self.field(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }
}

/// Looks at a node; `node` is its address as AWS tells it.
pub async fn look(target: &Target, node: &Endpoint, t: NodeTimeouts) -> Result<NodeLook, Fault> {
    let mut session = Session::open(target, t).await?;
    let stats = session.stats("stats").await?;
    let asked = session.context("stats settings");
    let may_flush = match session.ask("stats settings").await.map(Stats) {
        Ok(settings) => match settings.field("flush_enabled") {
            Some("yes") => MayFlush::Yes,
            Some(_) => MayFlush::No("flush_all is disabled on this server: a policy of its parameter group".into()),
            None => MayFlush::Unknown("it does not tell whether flush_all is enabled".into()),
        },
        Err(Failure::Server { text, .. }) => {
            MayFlush::Unknown(format!("it does not tell whether flush_all is enabled: {text}").into())
        }
        Err(failure) => return Err(failure.fault(asked)),
    };
    Ok(NodeLook {
        shard: "".into(),
        node: node.clone(),
        via: target.address.clone(),
        keys: vec![(0, stats.number("curr_items"))],
        memory: stats.number("bytes"),
        clients: stats.number("curr_connections"),
        hits: stats.number("get_hits"),
        misses: stats.number("get_misses"),
        saving: false,
        user: "".into(),
        may_flush,
    })
}

/// Flushes a node, once. Its items are gone at once for every reader, but are counted until their
/// memory is used again, so nothing tells what is left.
pub async fn flush(target: &Target, t: NodeTimeouts) -> Result<Flushed, Broken> {
    let mut session = Session::open(target, t).await?;
    let before = session.stats("stats").await?.number("curr_items");
    let (asked, written, began) = (session.context("flush_all"), session.written.bytes(), Instant::now());
    match session.ask("flush_all").await {
        Ok(_) => Ok(Flushed { before, after: None, took: began.elapsed() }),
        Err(failure) => Err(failure.broken(asked, session.written.bytes() > written)),
    }
}
