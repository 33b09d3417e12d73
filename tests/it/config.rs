//! The config: what it makes of environments, and every mistake with its exact message.

use midwatch::config::{self, Config};
use midwatch::diagnosis::declared;
use midwatch::diagnosis::reference::reference;
use midwatch::domain::environment::{Profile, Tier};
use midwatch::domain::rules::Setting;
use midwatch::logs::settings::{Redacts, Times};

use crate::drive::Console;

fn profiles() -> Vec<Profile> {
    let profile = |name: &str, region: Option<&str>| Profile {
        name: name.into(),
        region: region.map(Into::into),
        ..Profile::default()
    };
    vec![profile("shop-prod", Some("eu-west-1")), profile("shop-dev", None), profile("other", Some("us-east-1"))]
}

#[test]
fn without_config_every_profile_is_an_environment() {
    let (environments, complaints) = Config::default().environments(&profiles());
    assert!(complaints.is_empty());
    let names: Vec<&str> = environments.iter().map(|e| &*e.name).collect();
    assert_eq!(names, ["shop-prod", "shop-dev", "other"]);
    assert_eq!((environments[0].tier, environments[0].tier_guessed), (Tier::Production, true));
    assert_eq!(environments[1].tier, Tier::Development);
    assert_eq!(environments[2].tier, Tier::Production, "a name that says nothing is taken for the worst");
}

#[test]
fn one_profile_may_carry_several_environments() {
    let text = r#"
        [defaults]
        region = "eu-north-1"
        refresh = "10s"
        [environment.shop-eu]
        profile = "shop-prod"
        account = "123456789012"
        include = ["shop-*"]
        [environment.shop-us]
        profile = "shop-prod"
        region = "us-east-1"
        tier = "staging"
        read_only = true
        [environment.shop-dev]
        refresh = 60
    "#;
    let (config, complaints) = Config::parse(text, "config.toml");
    assert_eq!(complaints, []);
    let (environments, complaints) = config.environments(&profiles());
    assert_eq!(complaints, []);
    let names: Vec<&str> = environments.iter().map(|e| &*e.name).collect();
    assert_eq!(names, ["shop-eu", "shop-us", "shop-dev", "other"]);
    assert_eq!(environments[0].region.as_deref(), Some("eu-west-1"), "the profile's");
    assert_eq!(environments[0].refresh.unwrap().as_secs(), 10);
    assert!(environments[0].scope.admits_name("shop-api") && !environments[0].scope.admits_name("api"));
    assert_eq!(environments[1].region.as_deref(), Some("us-east-1"), "its own");
    assert!(environments[1].read_only && !environments[1].tier_guessed);
    assert_eq!(environments[2].region.as_deref(), Some("eu-north-1"), "the default");
    assert_eq!(environments[2].refresh.unwrap().as_secs(), 60);
}

#[test]
fn saved_queries_are_those_of_the_environment_then_those_of_all() {
    let text = r#"
        [query]
        errors = "filter @message like /error/"
        slow = "filter ms > 500"
        [environment.shop-prod.query]
        "slow" = """
        # what the ledger does not do in time
        filter ms > 50
        | limit 20
        """
        ledger = "filter path = '/ledger'"
    "#;
    let (config, complaints) = Config::parse(text, "config.toml");
    assert_eq!(complaints, []);
    let (environments, complaints) = config.environments(&profiles());
    assert_eq!(complaints, []);
    let told = |n: usize| -> Vec<(&str, &str)> { environments[n].queries.iter().map(|(n, t)| (&**n, &**t)).collect() };
    let (errors, slow) = (("errors", "filter @message like /error/"), ("slow", "filter ms > 500"));
    assert_eq!(told(0), [("slow", "filter ms > 50 | limit 20"), ("ledger", "filter path = '/ledger'"), errors]);
    assert_eq!(told(1), [errors, slow], "an environment that only has a profile");
}

#[test]
fn logs_are_held_and_shown_as_it_says() {
    let logs = Config::default().settings.logs;
    assert_eq!((logs.limits.events, logs.limits.bytes, logs.times), (1_000_000, 512 << 20, Times::Utc));
    assert_eq!(logs.redacts, Redacts { copy: true, save: true, screen: false });
    let text = r"
        [logs]
        lines = 20_000
        bytes = '64 MiB'
        times = 'local'
        redact = ['screen']
        redact_patterns = ['pin (?<secret>\d{4})\b']
    ";
    let (config, complaints) = Config::parse(text, "config.toml");
    assert_eq!(complaints, []);
    let logs = config.settings.logs;
    assert_eq!((logs.limits.events, logs.limits.bytes, logs.times), (20_000, 64 << 20, Times::Local));
    assert_eq!(logs.redacts, Redacts { copy: false, save: false, screen: true });
    assert_eq!(logs.redactor.redact("pin 1234, password=x"), "pin <redacted>, password=<redacted>");
    // A list that is wrong must not let out more than the default does.
    assert_eq!(Config::parse("[logs]\nredact = ['disk']\n", "").0.settings.logs.redacts, Redacts::default());
}

#[test]
fn every_mistake_has_its_message() {
    crate::fixtures::check("config", |path| {
        let (mut config, mut complaints) = Config::load(path.as_ref(), true);
        complaints.extend(config.check_rules(&declared()));
        complaints.extend(config.environments(&profiles()).1);
        complaints.iter().map(ToString::to_string).collect()
    });
}

#[test]
fn the_readme_holds_the_reference() {
    readme_holds("reference", &config::reference());
    readme_holds("rules", &reference());
}

/// Between two marks of the README stands what the source says.
fn readme_holds(mark: &str, told: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let (before, rest) = readme.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    let wanted = format!("{before}{begin}{told}{end}{after}");
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), wanted, "run the test once with MIDWATCH_BLESS=1");
}

#[test]
fn thresholds_are_those_of_the_environment_over_those_of_all() {
    let text = r#"
        [rules]
        ended = "10m"
        latency = 3.5
        db-cpu = 80
        [environment.shop-prod.rules]
        latency = 1
        alarm = false
    "#;
    let (mut config, complaints) = Config::parse(text, "config.toml");
    assert_eq!(complaints, []);
    assert_eq!(config.check_rules(&declared()), []);
    let (environments, _) = config.environments(&profiles());
    let told = |n: usize| ["latency", "db-cpu", "alarm"].map(|rule| environments[n].rules.of(rule));
    assert_eq!(told(0), [Setting::At(1.0), Setting::At(80.0), Setting::Off]);
    assert_eq!(told(1), [Setting::At(3.5), Setting::At(80.0), Setting::On]);
    assert_eq!(environments[0].rules.ended().as_secs(), 600);
}

#[test]
fn an_unknown_profile_stays_in_the_list_with_its_obstacle() {
    let (config, _) = Config::parse("[environment.gone]\n[environment.shop-prod]\n", "config.toml");
    let (environments, complaints) = config.environments(&profiles());
    assert_eq!((complaints.len(), &*environments[0].name), (1, "gone"));
    assert!(environments[0].obstacle.is_some() && environments[1].obstacle.is_none());
}

#[test]
fn profiles_can_be_left_out_and_credentials_taken_from_the_surroundings() {
    let text = "profiles = false\n[environment.here]\nprofile = false\nregion = \"eu-west-1\"\n";
    let (config, complaints) = Config::parse(text, "config.toml");
    assert_eq!(complaints, []);
    let (environments, complaints) = config.environments(&profiles());
    assert_eq!(complaints, []);
    assert_eq!(environments.len(), 1);
    assert_eq!((environments[0].profile.as_deref(), environments[0].obstacle.is_some()), (None, false));
}

#[test]
fn a_default_tier_is_for_names_that_suggest_none() {
    let (config, _) = Config::parse("[defaults]\ntier = \"development\"\n", "config.toml");
    let (environments, _) = config.environments(&profiles());
    assert_eq!((environments[0].tier, environments[0].tier_guessed), (Tier::Production, true), "shop-prod");
    assert_eq!((environments[2].tier, environments[2].tier_guessed), (Tier::Development, false), "other");
}

#[cfg(unix)]
#[test]
fn only_a_config_that_is_surely_not_there_is_none() {
    let folder = std::env::temp_dir().join(format!("midwatch-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    assert_eq!(Config::load(&file, false).1, []);
    assert_eq!(Config::load(&file, true).1.len(), 1);
    std::os::unix::fs::symlink(folder.join("unmounted"), &file).unwrap();
    let complaints = Config::load(&file, false).1;
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(complaints.len(), 1, "a dangling link hides pins and must be told");
}

#[test]
fn the_clock_is_that_of_the_zone_where_the_config_says_so() {
    let mut console = Console::start((120, 40), "calm");
    console.shows("02:14Z");
    console.state.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(1));
    console.state.settings.clock = "local";
    console.shows("03:14 +01");
}
