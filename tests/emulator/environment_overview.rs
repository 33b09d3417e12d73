//! The environments that are not open, asked from afar by the whole console: requests counted at the other
//! end. That a minute goes by between two rounds is shown on virtual time, in `it`.

use serde_json::json;

use crate::harness::Room;
use crate::terminal::Pty;

const IDENTITY: &str = "sts:GetCallerIdentity";
const ALARMS: &str = "cloudwatch:DescribeAlarms";

#[test]
fn each_is_asked_once_at_the_start_and_one_that_hangs_or_is_denied_slows_none() {
    let open = Room::with("wall-open", &[("main", 1)]);
    let quiet: Vec<Room> = (0..4).map(|n| Room::new(&format!("wall-quiet-{n}"))).collect();
    let (rings, denied, hangs) = (Room::new("wall-rings"), Room::new("wall-denied"), Room::new("wall-hangs"));
    let partly = Room::new("wall-partly");
    let dimensions =
        [json!({ "Name": "ServiceName", "Value": "api" }), json!({ "Name": "ClusterName", "Value": "main" })];
    let alarm = json!({ "AlarmName": "api-cpu", "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": dimensions });
    rings.alarms(&json!({ "metric": [alarm], "states": { "api-cpu": ["ALARM", "Threshold Crossed"] } }));
    denied.fault(json!({ "operation": ALARMS, "kind": "deny" }));
    partly.fault(json!({ "operation": ALARMS, "kind": "deny", "match": "CompositeAlarm" }));
    hangs.fault(json!({ "operation": "*", "kind": "hang" }));

    let ran = open.home.join("ran");
    let mut config = String::new();
    let mut keys = String::new();
    let mut profile = |name: &str, room: &Room| {
        config += &format!("[profile {name}]\nregion = us-east-1\nendpoint_url = {}\n", room.url());
        keys += &format!("[{name}]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
    };
    profile("open-dev", &open);
    quiet.iter().enumerate().for_each(|(n, room)| profile(&format!("quiet{n}-dev"), room));
    for (name, room) in [("rings-dev", &rings), ("denied-dev", &denied), ("partly-dev", &partly), ("hangs-dev", &hangs)]
    {
        profile(name, room);
    }
    let arn = "arn:aws:iam::1:mfa/dana";
    config += &format!(
        "[profile program-dev]\nregion = us-east-1\ncredential_process = touch {}\n\
         [profile mfa-dev]\nregion = us-east-1\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = open-dev\nmfa_serial = {arn}\n\
         [profile sso-dev]\nregion = us-east-1\nsso_start_url = http://127.0.0.1:9\nsso_region = us-east-1\n\
         sso_account_id = 1\nsso_role_name = ops\n",
        ran.display()
    );
    open.write("config", &config);
    open.write("credentials", &keys);
    let file = |name: &str| open.home.join(name).to_string_lossy().into_owned();
    let (config, credentials) = (file("config"), file("credentials"));
    let variables = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let mut pty = Pty::start_with(&["open-dev"], &variables, (170, 40));
    for n in 0..4 {
        pty.wait(&format!(r"○ development\? +quiet{n}-dev +quiet \d+s"));
    }
    pty.wait(r"▲ development\? +rings-dev +1 alarm");
    pty.wait(r"denied-dev +unknown: denied");
    pty.wait(r"◌ development\? +partly-dev +unknown: partly denied");
    // All that is known while one still hangs.
    pty.wait(r"◌ development\? +hangs-dev +unknown: asking");
    pty.wait(r"program-dev +unknown: credential process");
    pty.wait(r"mfa-dev +unknown: not usable yet");
    pty.wait(r"sso-dev +unknown: no login");
    pty.wait(r"hangs-dev +unknown: timed out");
    let asked = |room: &Room| (room.count(IDENTITY), room.count(ALARMS));
    for room in quiet.iter().chain([&rings]) {
        assert_eq!(asked(room), (1, 1));
    }
    assert_eq!(denied.count(IDENTITY), 1, "who is denied one thing is asked the other all the same");
    assert!(quiet.iter().all(|room| room.total() == 2), "nothing else is asked of them");
    assert!(!ran.exists(), "no program is run unasked");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
}
