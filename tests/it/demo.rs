//! The demo as an adapter: it keeps the contract in each of its environments.

use futures_util::{FutureExt, StreamExt};
use midwatch::demo::{Demo, Options};
use midwatch::domain::environment::Environment;
use midwatch::domain::log::{LogPiece, LogSource};
use midwatch::domain::query::{Answer, Query};
use midwatch::port::Cloud;

use crate::contract;
use crate::drive::START;

#[tokio::test]
async fn the_demo_keeps_the_contract() {
    let demo = Demo::new(Options::manual(Some("calm"), START.parse().unwrap())).unwrap();
    let profiles = demo.profiles().await.unwrap();
    assert!(profiles.len() >= 3);
    for profile in profiles {
        let env = Environment::of_profile(&profile.name, Some(&profile.name), profile.region.as_deref());
        let all = ["services", "databases", "caches", "distributions", "alarms"];
        // Development has no CDN, and nobody is called for it.
        let kinds = if env.name.ends_with("-development") { &all[..3] } else { &all };
        contract::holds(&demo, &env, kinds).await;
        contract::scale_is_read_back(&demo, &env).await;
    }
}

#[tokio::test]
async fn its_tails_keep_the_contract() {
    let demo = Demo::new(Options::manual(Some("calm"), START.parse().unwrap())).unwrap();
    let env = Environment::of_profile("harbour-production", Some("harbour-production"), Some("eu-west-1"));
    let service = LogSource::Group("/ecs/harbour-web-production".into());
    let all = LogSource::Matching("/aws/*".into());
    contract::tail(&demo, &env, vec![service.clone()]).await;
    let lines = contract::tail(&demo, &env, vec![all]).await;
    let of = |part: &str| lines.iter().filter(|line| line.group.contains(part)).count();
    assert!(of("/aws/rds/cluster") > 0 && of("/aws/rds/instance") > 0 && of("slow-log") > 0);
    // What cannot be read is told beside what can.
    let sources = vec![LogSource::Group("/ecs/nothing".into()), service];
    let mut told = demo.read(&env, Query::Tail { sources, live: true });
    let told: Vec<_> = std::iter::from_fn(|| told.next().now_or_never().flatten()).collect();
    let broken = |told: &&Result<Answer, _>| matches!(told, Ok(Answer::Logs(LogPiece::Broken { .. })));
    assert_eq!(told.iter().filter(broken).count(), 1);
    let live = |told: &&Result<Answer, _>| matches!(told, Ok(Answer::Logs(LogPiece::Live(Some(_)))));
    assert_eq!(told.iter().filter(live).count(), 1, "Live Tail was asked for");
}
