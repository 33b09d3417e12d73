//! The console without a screen, for the score over other people's AWS: `worlds.py` starts it and reads its lines.
//!
//! `diagnosis PROFILE SECONDS [EVERY]` activates the profile as the console does (AWS_CONFIG_FILE and the like are
//! heeded), lets its reads run for so long, and writes every so many seconds a line of JSON: the time, what stands
//! in the headline, `findings` and `not_checked` as `midwatch status --json` has them. Without arguments it does
//! nothing.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use midwatch::app::msg::{Effect, Msg};
use midwatch::app::{State, activate, commands, subs, update};
use midwatch::aws::{Aws, Options};
use midwatch::cli::findings;
use midwatch::domain::environment::Environment;
use midwatch::keymap::Keymap;
use midwatch::port::Cloud;
use midwatch::runtime::registry::Registry;
use midwatch::settings::Settings;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// A terminal of an ordinary size: what is in view there is read.
const SIZE: (u16, u16) = (200, 60);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [profile, seconds, every @ ..] = &arguments[..] else { return };
    let number = |text: &String| text.parse().expect("a number of seconds");
    let every = every.first().map_or(5, number);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(follow(profile, Duration::from_secs(number(seconds)), every));
    runtime.shutdown_timeout(Duration::from_millis(200));
}

async fn follow(profile: &str, how_long: Duration, every: u64) {
    let cloud: Arc<dyn Cloud> = Arc::new(Aws::new(Options::default()));
    let profiles = cloud.profiles().await.expect("profiles");
    let known = profiles.iter().find(|known| *known.name == *profile).expect("a profile of this name");
    let environment = Environment::of_profile(&known.name, Some(&known.name), known.region.as_deref());
    let name = environment.name.clone();
    let keymap = Arc::new(Keymap::standard(commands::declared()));
    let settings = Settings { watch: false, ..Settings::default() };
    let mut state = State::new(vec![environment], keymap, settings, SIZE, cloud.now());
    activate(&mut state, &name);
    let (sender, mut results) = mpsc::channel(256);
    let mut registry = Registry::new(cloud.clone(), sender);
    let end = Instant::now() + how_long;
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seconds = 0;
    loop {
        registry.reconcile(subs::subscriptions(&state));
        tokio::select! {
            () = sleep_until(end) => break,
            _ = second.tick() => {
                tell(&mut state, &*cloud, Msg::Tick);
                let usage = state.environment().map(|environment| cloud.api_usage(environment));
                usage.into_iter().for_each(|usage| tell(&mut state, &*cloud, Msg::ApiUsage(usage)));
                tell(&mut state, &*cloud, Msg::Painted);
                seconds += 1;
                if seconds % every == 0 && !print(&state) {
                    break;
                }
            }
            Some(msg) = results.recv() => tell(&mut state, &*cloud, msg),
        }
    }
}

fn tell(state: &mut State, cloud: &dyn Cloud, msg: Msg) {
    for effect in update(state, msg, cloud.now()) {
        // Nothing was recorded before, and nothing is.
        if let Effect::Recall(scope) = effect {
            tell(state, cloud, Msg::Recalled { environment: scope.environment, result: Ok(vec![]) });
        }
    }
}

/// Writes a line; whether somebody reads it.
fn print(state: &State) -> bool {
    let Some(store) = state.store() else { return true };
    let line = json!({
        "at": findings::rfc3339(state.now),
        "headline": store.triage.headline().map(findings::id),
        "findings": findings::findings(&store.triage),
        "not_checked": findings::not_checked(&store.triage),
    });
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}
