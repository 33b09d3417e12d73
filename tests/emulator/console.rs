//! The whole console in a terminal against the emulator: keys in, requests counted at the other end.

use rustix::process::Signal;
use serde_json::json;

use crate::harness::Room;
use crate::terminal::{Pty, pause};

/// A room with a service, and the console on it in a terminal.
fn start(name: &str, arguments: &[&str]) -> (Room, Pty) {
    let room = furnished(name);
    let pty = on(&room, arguments);
    (room, pty)
}

/// A room with a cluster of three services, and the profiles that lead to it.
fn furnished(name: &str) -> Room {
    let room = Room::with(name, &[("main", 3)]);
    let config = format!(
        "[profile shop-dev]\nregion = us-east-1\nendpoint_url = {0}\n[profile shop-staging]\nregion = us-west-2\nendpoint_url = {0}\n",
        room.url()
    );
    room.write("config", &config);
    let keys = "aws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n";
    room.write("credentials", &format!("[shop-dev]\n{keys}[shop-staging]\n{keys}"));
    room
}

/// The console in a terminal, on a room that [`furnished`] made.
fn on(room: &Room, arguments: &[&str]) -> Pty {
    let file = |name: &str| room.home.join(name).to_string_lossy().into_owned();
    let (config, credentials) = (file("config"), file("credentials"));
    let variables = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    Pty::start_with(arguments, &variables, (120, 40))
}

#[test]
fn each_confirmed_action_is_one_request() {
    let (room, mut pty) = start("console", &["shop-dev"]);
    pty.wait("main-svc-0002");
    pty.wait(r"DEVELOPMENT\?.*\d{12}");
    pty.send("s");
    pty.wait("desired tasks");
    pty.wait("desired is already");
    pty.send("\x1b[A");
    pty.wait("enter continue");
    pty.send("\r");
    pty.wait("y scale");
    pause();
    assert_eq!(room.count("ecs:UpdateService"), 0, "a plan sends nothing");
    pty.send("\r");
    pty.wait("Enter confirms nothing");
    pty.send("yyy");
    pty.until(|_| room.count("ecs:UpdateService") == 1, "the request");
    pause();
    pty.send("d");
    pty.wait("y force deploy");
    pause();
    pty.send("y");
    pty.until(|_| room.count("ecs:UpdateService") == 2, "the request");
    pause();
    assert_eq!(room.count("ecs:UpdateService"), 2);
    pty.send("qy");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
}

#[test]
fn a_bad_deployment_is_mended_with_three_keys() {
    let room = furnished("console-rollback");
    let service = "main/main-svc-0000";
    room.deployment(service, json!({ "do": "adopt" }));
    room.register("main-0", "app:41");
    room.deployment(service, json!({ "do": "deploy", "definition": "main-0:2" }));
    let mut pty = on(&room, &["shop-dev"]);
    // At this width the table leaves the task definition to the preview.
    pty.wait(r"task definition +main-0:2");
    pty.wait(r"DEVELOPMENT\?.*\d{12}");
    pty.send("b");
    pty.wait("▸ main-0:1");
    pty.send("\r");
    pty.wait("y roll back");
    pause();
    assert_eq!(room.count("ecs:StopServiceDeployment"), 0, "a plan sends nothing");
    pty.send("yyy");
    pty.until(|_| room.count("ecs:StopServiceDeployment") == 1, "the request");
    pty.wait(r"2 of 2 tasks run on main-0:1");
    room.deployment(service, json!({ "do": "settle" }));
    pty.send("J");
    pty.wait("back on main-0:1");
    assert_eq!((room.count("ecs:StopServiceDeployment"), room.count("ecs:UpdateService")), (1, 0));
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
}

#[test]
fn read_only_plans_nothing() {
    let (room, mut pty) = start("console-read-only", &["shop-dev", "--read-only"]);
    pty.wait("main-svc-0002");
    pty.wait("READ-ONLY");
    pty.send("s");
    pty.wait("is read-only");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    assert_eq!(room.count("ecs:UpdateService"), 0);
}

#[test]
fn keys_are_answered_while_a_call_hangs() {
    let (room, mut pty) = start("console-hang", &["shop-dev"]);
    pty.wait("main-svc-0002");
    room.fault(json!({ "operation": "ecs:DescribeServices", "kind": "hang" }));
    pty.send("R");
    pause();
    for _ in 0..3 {
        pty.send("?");
        pty.wait("everywhere");
        pty.send("?");
        pty.until(|pty| !pty.screen().contains("everywhere"), "the end of the help");
    }
    // The other environment is read while the first one hangs no more than it must.
    pty.wait("main-svc-0002");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn another_environment_is_its_own_region_and_the_first_is_kept() {
    let (room, mut pty) = start("console-switch", &["shop-dev"]);
    room.seed(&json!({ "region": "us-west-2", "clusters": { "west": 2 } }));
    pty.wait("main-svc-0002");
    pty.send("estag");
    pty.wait("shop-staging");
    pty.send("\r");
    pty.wait("west-svc-0001");
    pty.wait("us-west-2");
    // Back: the last known rows are there though no call is answered.
    room.fault(json!({ "operation": "ecs:ListClusters", "kind": "hang" }));
    pty.send("edev");
    pty.wait("shop-dev");
    pty.send("\r");
    pty.wait("main-svc-0002");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
}

#[test]
fn the_terminal_is_given_back_while_a_call_hangs() {
    let (room, mut pty) = start("console-suspend", &["shop-dev"]);
    pty.wait("main-svc-0002");
    room.fault(json!({ "operation": "ecs:DescribeServices", "kind": "hang" }));
    pty.send("R");
    pause();
    pty.send("\x1a");
    pty.until(|pty| pty.process_state() == 'T', "the stop");
    pty.assert_restored();
    pty.signal(Signal::CONT);
    pty.until(|pty| pty.output().matches("\x1b[?1049h").count() == 2, "the return");
    for size in [(1, 1), (80, 24), (200, 60), (120, 40)] {
        pty.resize(size.0, size.1);
        std::thread::sleep(std::time::Duration::from_millis(60));
    }
    pty.wait("main-svc-0002");
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut pty = on(&room, &["shop-dev"]);
        pty.wait("reading services");
        pty.signal(signal);
        assert_eq!(pty.exit(), code);
        pty.assert_restored();
    }
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
}
