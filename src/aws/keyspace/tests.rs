//! Against real servers: Redis alone, encrypted, restricted and as a cluster, and Memcached.

mod fixtures;

use std::io::{Read, Write};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;

use self::fixtures::{
    Certificates, HURRY, Reached, Server, T, Trick, cli, cluster, free_port, redis, silent, target, tunnel, until,
};
use super::cluster::Primary;
use super::*;
use crate::domain::cache::MayFlush;
use crate::domain::fault::FaultKind;

const PASSWORD: &str = "correct-horse-battery-staple";

async fn looked(target: &Target) -> Result<Look, Fault> {
    look(target, "0001", &Endpoint::new("node.internal", 6379), T).await
}

/// The fault of a look, which never shows the password.
async fn fault(target: &Target) -> Fault {
    let fault = looked(target).await.unwrap_err();
    assert!(!format!("{fault:?}").contains(PASSWORD), "{fault:?}");
    fault
}

fn is_denied(fault: &Fault, action: &str, principal: &str) -> bool {
    fault.kind == FaultKind::Denied { action: action.into(), principal: principal.into() }
}

#[tokio::test]
async fn a_plain_node_is_looked_at_and_flushed() {
    let server = redis("");
    server.set(0, 120);
    server.cli(&["get", "key:1"]);
    server.cli(&["get", "none"]);
    let Look { look, is_primary } = looked(&server.target()).await.unwrap();
    assert!(is_primary);
    assert_eq!((&*look.shard, look.node.to_string()), ("0001", "node.internal:6379".into()));
    assert_eq!(look.via, server.target().address);
    assert_eq!(look.keys, [(0, 120)]);
    assert!(look.memory > 100_000 && look.clients == 1, "{look:?}");
    assert_eq!((look.hits, look.misses, look.saving), (1, 1, false));
    assert_eq!((&*look.user, look.may_flush), ("default", MayFlush::Yes));

    let flushed = flush(&server.target(), What::All, false, T).await.unwrap();
    assert_eq!((flushed.before, flushed.after), (120, Some(0)));
    assert!(flushed.took < Duration::from_secs(5));
    assert_eq!(server.count(0), 0);
    // The commands that it saw, in the words that it knows: no greeting, no second flush.
    let stats = server.cli(&["info", "commandstats"]);
    assert!(stats.contains("cmdstat_flushall:calls=1,"), "{stats}");
    for never in ["hello", "client", "config", "select"] {
        assert!(!stats.contains(&format!("cmdstat_{never}")), "{stats}");
    }
}

#[tokio::test]
async fn one_database_of_several_is_flushed() {
    let server = redis("");
    for (database, keys) in [(0, 5), (3, 70), (11, 9)] {
        server.set(database, keys);
    }
    let look = looked(&server.target()).await.unwrap().look;
    assert_eq!((look.key_count(), look.keys), (84, vec![(0, 5), (3, 70), (11, 9)]));

    let flushed = flush(&server.target(), What::Database(3), true, T).await.unwrap();
    assert_eq!((flushed.before, flushed.after), (70, Some(0)));
    assert_eq!([0, 3, 11].map(|database| server.count(database)), [5, 0, 9]);
    let flushed = flush(&server.target(), What::Database(0), false, T).await.unwrap();
    assert_eq!((flushed.before, flushed.after), (5, Some(0)));
    assert_eq!([0, 3, 11].map(|database| server.count(database)), [0, 0, 9]);
    let flushed = flush(&server.target(), What::All, true, T).await.unwrap();
    assert_eq!((flushed.before, flushed.after, server.count(11)), (9, Some(0), 0));

    // The server has sixteen.
    let broken = flush(&server.target(), What::Database(16), true, T).await.unwrap_err();
    assert!(broken.answered && !broken.sent && broken.fault.message.contains("out of range"), "{broken:?}");
}

#[tokio::test]
async fn tls_checks_issuer_and_name_unless_told_not_to() {
    let (made, port) = (Certificates::get(), free_port());
    let server = redis(&format!("{}requirepass {PASSWORD}", made.config(port)));
    let at = || target(port).with_login(None, PASSWORD);
    let ca = Some(made.file("ca.pem"));
    cli(server.port, &["-a", PASSWORD, "set", "a", "b"], "");

    let right = at().with_tls("cache.test", ca.clone(), true);
    assert_eq!(looked(&right).await.unwrap().look.keys, [(0, 1)]);

    let found = fault(&at().with_tls("cache.test", None, true)).await;
    assert!(found.kind == FaultKind::Unreachable && found.remedy.contains("ca_file"), "{found:?}");
    assert!(found.message.contains("issuer"), "{found:?}");

    let found = fault(&at().with_tls("other.test", ca.clone(), true)).await;
    assert!(found.kind == FaultKind::Unreachable && found.remedy.contains("server_name"), "{found:?}");
    assert!(found.message.contains("not for other.test"), "{found:?}");

    let anyone = at().with_tls("other.test", None, false);
    assert_eq!(looked(&anyone).await.unwrap().look.keys, [(0, 1)]);

    for (wrong, why) in [
        (at().with_tls("cache.test", Some("/nowhere/ca.pem".into()), true), "ca_file /nowhere/ca.pem"),
        (at().with_tls("cache.test", Some(made.file("names")), true), "no certificate in it"),
        (at().with_tls("not a name", ca.clone(), true), "server_name"),
    ] {
        let found = fault(&wrong).await;
        assert!(found.kind == FaultKind::Invalid && found.message.contains(why), "{found:?}");
    }

    let flushed = flush(&right, What::All, false, T).await.unwrap();
    assert_eq!((flushed.before, flushed.after), (1, Some(0)));

    // One speaks TLS, the other does not.
    let found = fault(&at()).await;
    assert!(found.kind == FaultKind::Unreachable && found.remedy.contains("tls = true"), "{found:?}");
    let found = looked(&server.target().with_tls("cache.test", ca, true)).await.unwrap_err();
    assert!(found.remedy.contains("tls = false"), "{found:?}");
}

#[tokio::test]
async fn a_password_missing_or_wrong_is_said_and_never_shown() {
    let server = redis(&format!("requirepass {PASSWORD}"));
    let missing = fault(&server.target()).await;
    assert!(is_denied(&missing, "redis AUTH", "default"), "{missing:?}");
    assert_eq!(&*missing.message, "it asks for a password");

    for (user, who) in [(None, "default"), (Some("nobody"), "nobody")] {
        let wrong = server.target().with_login(user, "wrong-horse");
        let found = fault(&wrong).await;
        assert!(is_denied(&found, "redis AUTH", who), "{found:?}");
        assert_eq!(&*found.message, "the password (or user) is wrong");
        let broken = flush(&wrong, What::All, false, T).await.unwrap_err();
        assert!(broken.answered && !broken.sent, "{broken:?}");
    }
    assert!(looked(&server.target().with_login(None, PASSWORD)).await.is_ok());
    assert!(looked(&server.target().with_login(Some("default"), PASSWORD)).await.is_ok());

    // A server which repeats the arguments of a command that it does not know.
    let renamed = redis("rename-command AUTH \"\"");
    for user in [None, Some("app")] {
        let found = fault(&renamed.target().with_login(user, PASSWORD)).await;
        assert!(found.message.contains("unknown command 'AUTH'"), "{found:?}");
    }
}

#[tokio::test]
async fn a_user_without_flushall_is_known_before_and_refused_by_the_server() {
    let users = format!(
        "user app on >{PASSWORD} ~* +@all -flushall -flushdb\n\
         user reader on >{PASSWORD} ~* +@read +info +role\n\
         user flusher on >{PASSWORD} ~* +info +flushall"
    );
    let server = redis(&users);
    server.set(0, 10);

    let app = server.target().with_login(Some("app"), PASSWORD);
    let look = looked(&app).await.unwrap().look;
    let MayFlush::No(why) = &look.may_flush else { panic!("{look:?}") };
    assert!(look.user == "app" && why.contains("no permissions") && why.contains("flushall"), "{look:?}");
    for (what, command) in [(What::All, "redis FLUSHALL"), (What::Database(0), "redis FLUSHDB")] {
        let broken = flush(&app, what, false, T).await.unwrap_err();
        assert!(broken.answered && !broken.sent && is_denied(&broken.fault, command, "app"), "{broken:?}");
        assert!(broken.fault.message.contains("NOPERM"), "{broken:?}");
    }
    assert_eq!(server.count(0), 10);

    // May not ask about himself.
    let look = looked(&server.target().with_login(Some("reader"), PASSWORD)).await.unwrap().look;
    assert!(matches!(&look.may_flush, MayFlush::Unknown(why) if why.contains("NOPERM")), "{look:?}");
    assert_eq!((&*look.user, look.key_count()), ("reader", 10));

    // May not ask for the role by ROLE.
    let flushed = flush(&server.target().with_login(Some("flusher"), PASSWORD), What::All, false, T).await.unwrap();
    assert_eq!((flushed.before, flushed.after), (10, Some(0)));
}

#[tokio::test]
async fn a_blocked_flushall_is_known_before_and_refused_by_the_server() {
    let server = redis("rename-command FLUSHALL \"\"");
    server.set(0, 10);
    let look = looked(&server.target()).await.unwrap().look;
    let why = "FLUSHALL is renamed or blocked on this server: a policy of its parameter group";
    assert_eq!(look.may_flush, MayFlush::No(why.into()));
    let broken = flush(&server.target(), What::All, false, T).await.unwrap_err();
    assert!(broken.answered && !broken.sent, "{broken:?}");
    assert!(broken.fault.kind == FaultKind::Invalid && broken.fault.remedy.contains("parameter group"), "{broken:?}");
    assert_eq!(server.count(0), 10);
}

#[tokio::test]
async fn a_background_save_is_seen() {
    let server = redis("rdb-key-save-delay 100000");
    server.set(0, 200);
    server.cli(&["bgsave"]);
    assert!(looked(&server.target()).await.unwrap().look.saving);
}

#[tokio::test]
async fn every_shard_of_a_cluster_is_found_and_flushed() {
    assert_eq!(primaries(&redis("").target(), T).await.unwrap(), None);

    let servers = cluster(1);
    servers[0].set(0, 300);
    let found = primaries(&servers[0].target(), T).await.unwrap().unwrap();
    let shards: Vec<&str> = found.iter().map(|primary| &*primary.shard).collect();
    assert_eq!(shards, ["0-5460", "5461-10922", "10923-16383"]);
    // A replica tells the same.
    for server in &servers {
        assert_eq!(primaries(&server.target(), T).await.unwrap().unwrap(), found);
    }

    // And so does CLUSTER SLOTS, for a user whose rules are of the time before SHARDS.
    servers[0].cli(&["acl", "setuser", "old", "on", &format!(">{PASSWORD}"), "~*", "+@all", "-cluster|shards"]);
    let old = servers[0].target().with_login(Some("old"), PASSWORD);
    assert_eq!(primaries(&old, T).await.unwrap().unwrap(), found);
    // One who may do neither is told so.
    servers[0].cli(&["acl", "setuser", "old", "-cluster"]);
    let denied = primaries(&old, T).await.unwrap_err();
    assert!(is_denied(&denied, "redis CLUSTER", "old"), "{denied:?}");

    let is_primary = |server: &Server| found.iter().any(|primary| primary.address.port == server.port);
    let counts = |primary: bool| -> Vec<u64> {
        servers.iter().filter(|server| is_primary(server) == primary).map(|server| server.count(0)).collect()
    };
    assert_eq!(counts(true).iter().sum::<u64>(), 300);
    assert!(counts(true).iter().all(|keys| *keys > 0));
    until("the replicas' keys", || counts(false).iter().sum::<u64>() == 300);

    for replica in servers.iter().filter(|server| !is_primary(server)) {
        assert!(!looked(&replica.target()).await.unwrap().is_primary);
        let broken = flush(&replica.target(), What::All, false, T).await.unwrap_err();
        assert!(broken.fault.kind == FaultKind::Refused && !broken.sent && !broken.answered, "{broken:?}");
        assert!(!replica.cli(&["info", "commandstats"]).contains("flushall"));
    }
    assert_eq!(counts(true).iter().sum::<u64>(), 300);

    for Primary { shard, address } in &found {
        let target = target(address.port);
        let Look { look, is_primary } = look(&target, shard, address, T).await.unwrap();
        assert!(is_primary && look.key_count() > 0 && look.may_flush == MayFlush::Yes, "{look:?}");
        let flushed = flush(&target, What::All, true, T).await.unwrap();
        assert_eq!((flushed.before, flushed.after), (look.key_count(), Some(0)));
    }
    until("the replicas to be empty", || counts(false) == [0, 0, 0]);
    assert_eq!(counts(true), [0, 0, 0]);
}

#[tokio::test]
async fn the_primaries_are_those_of_now_after_a_failover_and_a_move_of_slots() {
    let servers = cluster(1);
    let before = primaries(&servers[0].target(), T).await.unwrap().unwrap();
    let replica =
        servers.iter().find(|server| before.iter().all(|primary| primary.address.port != server.port)).unwrap();
    replica.cli(&["cluster", "failover"]);
    until("the failover", || replica.cli(&["role"]).starts_with("master"));
    let after = primaries(&replica.target(), T).await.unwrap().unwrap();
    assert_eq!(after.len(), 3);
    assert_eq!(after.iter().filter(|primary| !before.contains(primary)).count(), 1);
    assert!(after.iter().any(|primary| primary.address.port == replica.port));

    // redis-cli moves nothing before all of them agree.
    for server in &servers {
        while primaries(&server.target(), T).await.unwrap().as_ref() != Some(&after) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    // The first shard's first slot goes to the last, which then has two ranges.
    let id = |port: u16| cli(port, &["cluster", "myid"], "").trim().to_string();
    let (from, to) = (after[0].address.port, after[2].address.port);
    let node = format!("127.0.0.1:{from}");
    let (from_id, to_id) = (id(from), id(to));
    cli(
        from,
        &[
            "--cluster",
            "reshard",
            &node,
            "--cluster-from",
            &from_id,
            "--cluster-to",
            &to_id,
            "--cluster-slots",
            "1",
            "--cluster-yes",
        ],
        "",
    );
    let moved = primaries(&target(to), T).await.unwrap().unwrap();
    let shards: Vec<&str> = moved.iter().map(|primary| &*primary.shard).collect();
    assert_eq!(shards, ["0-0+10923-16383", "1-5460", "5461-10922"]);
}

#[tokio::test]
async fn a_cluster_is_told_in_ports_that_speak_what_we_speak() {
    let (made, port) = (Certificates::get(), free_port());
    let server = redis(&format!("{}cluster-enabled yes\ntls-cluster yes", made.config(port)));
    let slotless = primaries(&server.target(), T).await.unwrap_err();
    assert!(slotless.message.contains("no slots"), "{slotless:?}");
    server.cli(&["cluster", "addslotsrange", "0", "16383"]);
    let tls = target(port).with_tls("cache.test", Some(made.file("ca.pem")), true);
    for target in [server.target(), tls] {
        // It met nobody and does not know its own address: that is the one that was connected to.
        let alone = Primary { shard: "0-16383".into(), address: target.address.clone() };
        assert_eq!(primaries(&target, T).await.unwrap().unwrap(), [alone]);
    }
}

#[test]
fn the_server_is_quoted_in_its_own_words() {
    let target = target(6379);
    let asked = failure::ReadKey { engine: "redis", target: &target, command: "FLUSHALL", first: false };
    for (code, text, kind, words) in [
        (
            "READONLY",
            "You can't write against a read only replica.",
            FaultKind::Invalid,
            "FLUSHALL: READONLY You can't",
        ),
        ("LOADING", "Redis is loading the dataset in memory", FaultKind::Other, "FLUSHALL: LOADING Redis is loading"),
        ("MOVED", "3999 127.0.0.1:6381", FaultKind::Other, "FLUSHALL: MOVED 3999 127.0.0.1:6381"),
        ("ERR", "max number of clients\u{1b}[31m reached", FaultKind::Other, "FLUSHALL: max number of clients"),
    ] {
        let server = failure::Failure::Server { code: code.into(), text: text.into() };
        let Broken { fault, sent, answered } = server.broken(asked, true);
        assert!(answered && !sent && fault.kind == kind && fault.message.starts_with(words), "{fault:?}");
        assert!(!fault.message.contains('\u{1b}'));
    }
}

#[tokio::test]
async fn nobody_there_or_nobody_who_answers() {
    let found = fault(&target(free_port())).await;
    assert!(found.kind == FaultKind::Unreachable && found.remedy.contains("ssh -L"), "{found:?}");
    assert!(found.remedy.contains("[environment.NAME.cache.CACHE]"), "{found:?}");
    let mut unnamed = target(6379);
    unnamed.address = Endpoint::new("no-such-name.invalid", 6379);
    assert_eq!(fault(&unnamed).await.kind, FaultKind::Unreachable);

    let mute = target(silent());
    let broken = flush(&mute, What::All, false, HURRY).await.unwrap_err();
    assert!(broken.fault.kind == FaultKind::TimedOut && !broken.sent && !broken.answered, "{broken:?}");
    assert!(broken.fault.message.contains("did not answer INFO in 0.3 s"), "{broken:?}");
    assert_eq!(primaries(&mute, HURRY).await.unwrap_err().kind, FaultKind::TimedOut);
    let found = primaries(&mute.with_tls("cache.test", None, true), HURRY).await.unwrap_err();
    assert!(found.kind == FaultKind::TimedOut && found.message.contains("no TLS"), "{found:?}");
}

#[tokio::test]
async fn a_flush_without_an_answer_may_have_been_done() {
    let server = redis("");
    server.set(0, 10);
    let through = |trick| target(tunnel(server.port, "FLUSHALL", trick));

    let broken = flush(&through(Trick::Swallow), What::All, false, HURRY).await.unwrap_err();
    assert!(broken.sent && !broken.answered && broken.fault.kind == FaultKind::TimedOut, "{broken:?}");
    assert_eq!(server.count(0), 10);

    let broken = flush(&through(Trick::Cut), What::All, false, T).await.unwrap_err();
    assert!(broken.sent && !broken.answered && broken.fault.kind == FaultKind::Unreachable, "{broken:?}");
    assert!(broken.fault.remedy.contains("look at its keys"), "{broken:?}");
    assert_eq!(server.count(0), 0);
    // Once, and not again after the connection was gone.
    assert!(server.cli(&["info", "commandstats"]).contains("cmdstat_flushall:calls=1,"));

    // Cut before: nothing was sent, and that is known.
    let port = tunnel(server.port, "ROLE", Trick::Cut);
    let broken = flush(&target(port), What::All, false, T).await.unwrap_err();
    assert!(!broken.sent && !broken.answered, "{broken:?}");
}

#[tokio::test]
async fn a_server_that_says_no_at_the_door_is_heard() {
    let server = redis("maxclients 1");
    // The one place may still be that of whoever waited for the server's start.
    let mut held = None;
    until("the only place", || {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        let mut said = [0; 5];
        let has =
            stream.write_all(b"PING\r\n").and_then(|()| stream.read_exact(&mut said)).is_ok() && said == *b"+PONG";
        held = has.then_some(stream);
        has
    });
    for _ in 0..50 {
        let broken = flush(&server.target(), What::All, false, T).await.unwrap_err();
        assert!(broken.fault.message.contains("max number of clients"), "{broken:?}");
        assert!(!broken.sent);
    }
    drop(held);

    let (made, port) = (Certificates::get(), free_port());
    let _server = redis(&format!("{}tls-auth-clients yes", made.config(port)));
    let found = fault(&target(port).with_tls("cache.test", Some(made.file("ca.pem")), true)).await;
    assert!(found.kind == FaultKind::Unreachable && found.message.contains("ertificate"), "{found:?}");
}

/// The console sends what it asks through threads.
#[test]
fn all_of_it_can_go_to_another_thread() {
    fn send<F: Send>(_: F) {}
    let (target, node) = (target(6379), Endpoint::new("a", 1));
    send(primaries(&target, T));
    send(look(&target, "", &node, T));
    send(flush(&target, What::All, true, T));
    send(memcached::look(&target, &node, T));
    send(memcached::flush(&target, T));
}

/// What a Memcached answers to a few lines of its text protocol.
fn memcached_says(port: u16, lines: &str) -> String {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(format!("{lines}quit\r\n").as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

#[tokio::test]
async fn memcached_is_looked_at_and_flushed() {
    let server = fixtures::memcached(&[]);
    memcached_says(server.port, "set a 0 0 1\r\n1\r\nset b 0 0 1\r\n2\r\nget a\r\nget none\r\n");
    let node = Endpoint::new("node.internal", 11211);
    let look = memcached::look(&server.target(), &node, T).await.unwrap();
    assert_eq!((&look.node, &look.via, &look.keys), (&node, &server.target().address, &vec![(0, 2)]));
    assert_eq!((look.hits, look.misses, look.may_flush), (1, 1, MayFlush::Yes));
    assert!(look.memory > 0 && look.clients > 0);

    let flushed = memcached::flush(&server.target(), T).await.unwrap();
    assert_eq!((flushed.before, flushed.after), (2, None));
    assert_eq!(memcached_says(server.port, "get a\r\nget b\r\n"), "END\r\nEND\r\n");

    let disabled = fixtures::memcached(&["-F"]);
    memcached_says(disabled.port, "set a 0 0 1\r\n1\r\n");
    let look = memcached::look(&disabled.target(), &node, T).await.unwrap();
    assert!(matches!(look.may_flush, MayFlush::No(_)), "{look:?}");
    let broken = memcached::flush(&disabled.target(), T).await.unwrap_err();
    assert!(broken.answered && !broken.sent, "{broken:?}");
    assert!(memcached_says(disabled.port, "get a\r\n").starts_with("VALUE a"));
}

#[tokio::test]
async fn memcached_speaks_tls() {
    let made = Certificates::get();
    let (cert, key) = (made.file("node.pem"), made.file("node.key"));
    let files = format!("ssl_chain_cert={},ssl_key={}", cert.display(), key.display());
    let server = fixtures::memcached(&["-Z", "-o", &files]);
    let target = server.target().with_tls("cache.test", Some(made.file("ca.pem")), true);
    let look = memcached::look(&target, &target.address, T).await.unwrap();
    assert_eq!((look.keys, look.may_flush), (vec![(0, 0)], MayFlush::Yes));
    assert_eq!(memcached::flush(&target, T).await.unwrap().before, 0);
    let found = memcached::look(&server.target(), &target.address, HURRY).await.unwrap_err();
    assert!(found.kind == FaultKind::Unreachable && found.remedy.contains("tls = true"), "{found:?}");
}

#[tokio::test]
async fn memcached_faults_say_what_happened() {
    let server = fixtures::memcached(&[]);
    memcached_says(server.port, "set a 0 0 1\r\n1\r\n");
    let broken = memcached::flush(&target(silent()), HURRY).await.unwrap_err();
    assert!(!broken.sent && broken.fault.kind == FaultKind::TimedOut && broken.fault.what == "memcached", "{broken:?}");
    let through = target(tunnel(server.port, "flush_all", Trick::Cut));
    let broken = memcached::flush(&through, T).await.unwrap_err();
    assert!(broken.sent && !broken.answered, "{broken:?}");
    assert_eq!(memcached_says(server.port, "get a\r\n"), "END\r\n");

    // Each asked in the other's language.
    let other = redis("");
    let found = memcached::look(&other.target(), &other.target().address, T).await.unwrap_err();
    assert!(found.message.contains("not memcached"), "{found:?}");
    let found = fault(&server.target()).await;
    assert!(found.kind == FaultKind::Unreachable && found.message.contains("not redis"), "{found:?}");
}

#[test]
fn an_iam_token_has_the_form_that_aws_documents() {
    let credentials =
        Credentials::new("AKIDEXAMPLE", "s3cr3t/key+of=aws", Some("session/token+=".into()), None, "test");
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let made = |serverless| iam_token(&credentials, "eu-north-1", "my-cache", "app-user", serverless, at).unwrap().0;

    let token = made(false);
    let (path, query) = token.split_once('?').unwrap();
    assert_eq!(path, "my-cache/");
    let members: Vec<(&str, &str)> = query.split('&').map(|member| member.split_once('=').unwrap()).collect();
    let expected = [
        ("Action", "connect"),
        ("User", "app-user"),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "AKIDEXAMPLE%2F20260101%2Feu-north-1%2Felasticache%2Faws4_request"),
        ("X-Amz-Date", "20260101T000000Z"),
        ("X-Amz-Expires", "900"),
        ("X-Amz-Security-Token", "session%2Ftoken%2B%3D"),
        ("X-Amz-SignedHeaders", "host"),
    ];
    for member in expected {
        assert!(members.contains(&member), "{member:?} is not in {token}");
    }
    assert_eq!(members.len(), expected.len() + 1);
    assert!(!token.contains("s3cr3t"));
    let signature = |token: &str| token.split("X-Amz-Signature=").nth(1).unwrap()[..64].to_string();
    // What botocore 1.44's SigV4QueryAuth makes of the same.
    assert_eq!(signature(&token), "1a9d0386cf075eeebf59f2463747260bc0ac0bcae4a40921fcc855bf0463bdf3");
    let serverless = made(true);
    assert!(serverless.contains("&ResourceType=ServerlessCache&"), "{serverless}");
    assert_eq!(signature(&serverless), "51e46ea1ad4618b78eb14028a6e6eecabcfcf715ae0da7d8db8374ee8d545e57");

    for (cache, user) in [("", "app"), ("cache", "app&x=y"), ("a/b", "app")] {
        let refused = iam_token(&credentials, "eu-north-1", cache, user, false, at).unwrap_err();
        assert_eq!(refused.kind, FaultKind::Invalid);
    }
}
