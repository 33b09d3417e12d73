//! The config: what it makes of environments, and every mistake with its exact message.

use midwatch::config::{self, Config};
use midwatch::domain::environment::{Profile, Tier};

fn profiles() -> Vec<Profile> {
    let profile = |name: &str, region: Option<&str>| Profile {
        name: name.into(),
        region: region.map(Into::into),
        obstacle: None,
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
fn every_mistake_has_its_message() {
    crate::fixtures::check("config", |path| {
        let (config, mut complaints) = Config::load(path.as_ref(), true);
        complaints.extend(config.environments(&profiles()).1);
        complaints.iter().map(ToString::to_string).collect()
    });
}

#[test]
fn the_readme_holds_the_reference() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once("<!-- reference -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /reference -->").unwrap();
    let wanted = format!("{before}<!-- reference -->\n{}<!-- /reference -->{after}", config::reference());
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), wanted, "run the test once with MIDWATCH_BLESS=1");
}
