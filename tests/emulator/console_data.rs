//! Databases and the CDN from the keyboard: keys in, requests counted at the other end.

use serde_json::json;

use crate::harness::Room;
use crate::terminal::{Pty, pause};

const SNAPSHOT: &str = "rds:CreateDBSnapshot";
const INVALIDATION: &str = "cloudfront:CreateInvalidation";

/// A room with one database and one distribution, and the console on it in a terminal. The
/// environment is in Ireland, where CloudFront is not.
fn start(name: &str, arguments: &[&str]) -> (Room, Pty) {
    let room = Room::new(name);
    room.seed(&json!({
        "region": "eu-west-1",
        "databases": { "instances": [{ "name": "orders" }] },
        "distributions": [{ "alias": "www.example.com" }],
    }));
    room.write("config", &format!("[profile shop-dev]\nregion = eu-west-1\nendpoint_url = {}\n", room.url()));
    room.write("credentials", "[shop-dev]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
    let file = |name: &str| room.home.join(name).to_string_lossy().into_owned();
    let (config, credentials) = (file("config"), file("credentials"));
    let variables = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let pty = Pty::start_with(arguments, &variables, (170, 45));
    pty.wait(r"DEVELOPMENT\?.*\d{12}");
    pty.wait("● orders");
    pty.wait("Deployed");
    (room, pty)
}

/// From the plan on the screen to the confirmed request.
fn confirm(room: &Room, pty: &mut Pty, operation: &str, verb: &str) {
    pty.wait(&format!("y {verb}"));
    assert_eq!(room.count(operation), 0, "a plan sends nothing");
    pause();
    pty.send("yyy");
    pty.until(|_| room.count(operation) == 1, "the request");
}

/// Out of the jobs, and out.
fn leave(mut pty: Pty) {
    pty.send("\x1b");
    pty.wait("\\? keys");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
}

#[test]
fn a_snapshot_from_the_keyboard_is_one_request_and_followed_to_its_end() {
    let (room, mut pty) = start("console-snapshot", &["shop-dev"]);
    pty.send("3S");
    pty.wait("aws rds create-db-snapshot");
    pty.send("\r");
    confirm(&room, &mut pty, SNAPSHOT, "snapshot");
    pty.send("J");
    pty.wait(r"done: orders-mw-\d{14} is available, 100 GiB");
    let sent = room.forms(SNAPSHOT);
    assert_eq!(sent.len(), 1, "once, whatever was typed");
    assert_eq!((sent[0].len(), sent[0]["DBInstanceIdentifier"].as_str()), (2, "orders"));
    leave(pty);
}

#[test]
fn an_invalidation_from_the_keyboard_is_one_request_and_followed_to_its_end() {
    let (room, mut pty) = start("console-invalidation", &["shop-dev"]);
    pty.send("5I");
    pty.wait("type a path");
    pty.send("/index.html");
    pty.wait("index.html");
    // The first takes the path, the second goes on.
    pty.send("\r");
    pty.wait("aws cloudfront create-invalidation");
    pty.send("\r");
    confirm(&room, &mut pty, INVALIDATION, "invalidate");
    pty.send("J");
    pty.wait(r"done: \w+ completed after \d+s");
    let [sent] = &room.texts(INVALIDATION)[..] else { panic!("once, whatever was typed") };
    assert!(sent.contains("<Items><Path>/index.html</Path></Items>"), "{sent}");
    assert_eq!(room.scopes(INVALIDATION), ["us-east-1/cloudfront"]);
    leave(pty);
}

#[test]
fn read_only_plans_neither() {
    let (room, mut pty) = start("console-data-read-only", &["shop-dev", "--read-only"]);
    for (pane, title, key) in [("3", "backups", "S"), ("5", "aliases", "I")] {
        pty.send(pane);
        pty.wait(title);
        pty.send(key);
        pty.wait("is read-only");
    }
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    assert_eq!((room.count(SNAPSHOT), room.count(INVALIDATION)), (0, 0));
}
