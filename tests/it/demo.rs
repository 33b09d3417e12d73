//! The demo as an adapter: it keeps the contract in each of its environments.

use midwatch::demo::{Demo, Options};
use midwatch::domain::environment::Environment;
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
        let all = ["services", "databases", "caches", "distributions"];
        // Development has no CDN.
        let kinds = if env.name.ends_with("-development") { &all[..3] } else { &all };
        contract::holds(&demo, &env, kinds).await;
        contract::scale_is_read_back(&demo, &env).await;
    }
}
