//! Whose keys sign, and which endpoint is asked, whatever the variables of the process say. Each
//! case runs in a process of its own: variables belong to the whole process.

use std::io::Write;
use std::process::{Command, Stdio};

use midwatch::aws::{Aws, Options};
use midwatch::domain::environment::Environment;
use midwatch::port::Cloud;

use crate::harness::{Room, list};

/// Not a test by itself: what the processes below run.
#[tokio::test]
#[ignore = "run by the other tests, with variables of their own"]
async fn probe() {
    let profile = std::env::var("MIDWATCH_PROBE_PROFILE").ok();
    let options = Options { patience: crate::harness::long(), ..Options::default() };
    let seen = list(&Aws::new(options), &Environment::of_profile("probe", profile.as_deref(), None)).await;
    let faults: Vec<String> = seen.faults.iter().map(|f| format!("{f} ({})", f.remedy)).collect();
    println!("PROBE services={} faults={faults:?}", seen.services.len());
}

/// Runs the probe with these variables and nothing else of AWS, with `typed` waiting on stdin.
fn probe_with(room: &Room, profile: Option<&str>, variables: &[(&str, &str)], typed: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "credentials::probe", "--ignored", "--nocapture", "--test-threads=1"]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
        .env("AWS_CONFIG_FILE", room.home.join("config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", room.home.join("credentials"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", &room.home)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(profile) = profile {
        command.env("MIDWATCH_PROBE_PROFILE", profile);
    }
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may have ended without reading, as it should.
    let _ = stdin.write_all(typed.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).to_string();
    let line = said.lines().find_map(|line| line.split_once("PROBE ").map(|(_, rest)| rest.to_string()));
    line.unwrap_or_else(|| panic!("no answer: {said} {}", String::from_utf8_lossy(&output.stderr)))
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAGOODENV"), ("AWS_SECRET_ACCESS_KEY", "x")];

/// A room with one service, whose profile `good` knows the endpoint.
fn room(name: &str) -> Room {
    let room = Room::with(name, &[("main", 1)]);
    room.write("config", &format!("[profile good]\nregion = us-east-1\nendpoint_url = {}\n", room.url()));
    room
}

#[test]
fn a_chosen_profile_wins_over_keys_of_the_environment() {
    let room = room("profile-wins");
    assert_eq!(probe_with(&room, Some("good"), &KEYS, ""), "services=1 faults=[]");
    assert_eq!(room.keys("ecs:ListClusters"), ["AKIAGOOD"]);
}

#[test]
fn without_a_profile_the_chain_of_the_sdk_decides() {
    let room = room("chain");
    let (url, region) = (room.url(), "us-east-1");
    let mut variables = vec![("AWS_ENDPOINT_URL", url.as_str()), ("AWS_REGION", region)];
    variables.extend(KEYS);
    assert_eq!(probe_with(&room, None, &variables, ""), "services=1 faults=[]");
    assert_eq!(room.keys("ecs:ListClusters"), ["AKIAGOODENV"]);
}

#[test]
fn no_credentials_at_all_are_told_with_what_to_do() {
    let room = room("none");
    let url = room.url();
    let said = probe_with(&room, None, &[("AWS_ENDPOINT_URL", &url), ("AWS_REGION", "us-east-1")], "");
    assert!(said.starts_with("services=0") && said.contains("choose a profile"), "{said}");
    assert_eq!(room.total(), 0);
}

/// A program whose key shows what it could read of stdin.
fn process(room: &Room) -> String {
    let script = room.home.join("keys.sh");
    std::fs::write(
        &script,
        "printf '{\"Version\":1,\"AccessKeyId\":\"AKIAGOODPROC%s\",\"SecretAccessKey\":\"x\"}' \"$(cat)\"\n",
    )
    .unwrap();
    format!("sh {}", script.display())
}

#[test]
fn a_credential_process_cannot_read_what_is_typed() {
    let room = room("process");
    let url = room.url();
    let shared = format!("region = us-east-1\nendpoint_url = {url}\n");
    room.write(
        "config",
        &format!(
            "[profile proc]\ncredential_process = {}\n{shared}\
             [profile over]\nrole_arn = arn:aws:iam::{account}:role/ops\nsource_profile = proc\n{shared}\
             [profile self]\nrole_arn = arn:aws:iam::{account}:role/ops\nsource_profile = self\n\
             credential_process = {}\n{shared}",
            process(&room),
            process(&room),
            account = room.account,
        ),
    );
    assert_eq!(probe_with(&room, Some("proc"), &KEYS, "typed"), "services=1 faults=[]");
    assert_eq!(room.keys("ecs:ListClusters"), ["AKIAGOODPROC"]);
    // The same in the SDK's own chain, by AWS_PROFILE.
    assert_eq!(probe_with(&room, None, &[("AWS_PROFILE", "proc")], "typed"), "services=1 faults=[]");
    assert_eq!(room.keys("ecs:ListClusters"), ["AKIAGOODPROC"]);
    // And as the source of a role, in a profile of its own or in the same.
    for (n, profile) in ["over", "self"].into_iter().enumerate() {
        let said = probe_with(&room, Some(profile), &KEYS, "typed");
        assert_eq!(room.count("sts:AssumeRole"), n as u64 + 1, "{profile}: {said}");
        assert_eq!(room.keys("sts:AssumeRole"), ["AKIAGOODPROC"], "{profile}");
        assert!(room.keys("ecs:ListClusters").iter().any(|key| key.starts_with("ASIA") || key.starts_with("LSIA")));
    }
}

#[test]
fn a_role_is_assumed_from_its_source_profile() {
    let room = room("role");
    room.write(
        "config",
        &format!(
            "[profile role]\nrole_arn = arn:aws:iam::{}:role/ops\nsource_profile = good\nregion = us-east-1\n\
             endpoint_url = {}\n",
            room.account,
            room.url()
        ),
    );
    let said = probe_with(&room, Some("role"), &KEYS, "");
    assert_eq!(room.keys("sts:AssumeRole"), ["AKIAGOOD"], "{said}");
    assert_eq!(said, "services=1 faults=[]");
    room.fault(serde_json::json!({ "operation": "sts:AssumeRole", "kind": "deny" }));
    let said = probe_with(&room, Some("role"), &[], "");
    assert!(said.contains("access denied: needs sts:AssumeRole"), "{said}");
}

#[test]
fn an_sso_profile_without_a_login_names_the_command() {
    let room = room("sso");
    room.write(
        "config",
        "[profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ops\nregion = us-east-1\n\
         [sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n",
    );
    let said = probe_with(&room, Some("sso"), &KEYS, "");
    assert!(said.contains("aws sso login --profile sso --use-device-code, then press R"), "{said}");
    assert!(said.contains("SSO token"), "{said}");
}

#[test]
fn endpoints_are_chosen_as_the_sdk_documents() {
    let (of_profile, of_all, of_ecs) = (room("endpoint-profile"), room("endpoint-all"), room("endpoint-ecs"));
    let asked = || [&of_profile, &of_all, &of_ecs].map(|room| room.count("ecs:ListClusters"));
    probe_with(&of_profile, Some("good"), &[], "");
    assert_eq!(asked(), [1, 0, 0], "the profile's");
    let (all, ecs) = (of_all.url(), of_ecs.url());
    probe_with(&of_profile, Some("good"), &[("AWS_ENDPOINT_URL", &all)], "");
    assert_eq!(asked(), [1, 1, 0], "AWS_ENDPOINT_URL before it");
    probe_with(&of_profile, Some("good"), &[("AWS_ENDPOINT_URL", &all), ("AWS_ENDPOINT_URL_ECS", &ecs)], "");
    assert_eq!(asked(), [1, 1, 1], "the service's before both");
}

#[tokio::test]
async fn profiles_come_from_both_files() {
    let room = Room::new("profiles");
    room.write(
        "config",
        "[default]\nregion = eu-west-1\n[profile b]\nrole_arn = r\nmfa_serial = arn:m\nsource_profile = a\n",
    );
    room.write("credentials", "[a]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
    let profiles = room.aws().profiles().await.unwrap();
    let names: Vec<&str> = profiles.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "default"]);
    assert!(profiles[1].obstacle.as_ref().unwrap().contains("MFA code (arn:m)"));
    room.write("config", "[profile broken\n");
    let fault = room.aws().profiles().await.unwrap_err();
    assert!(fault.message.contains("config"), "{fault:?}");
}
