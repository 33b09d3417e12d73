//! The reads that run: what is new is started, what is gone is cancelled, each repeats at its own
//! pace and backs off when AWS asks for it.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::msg::{Msg, ReadKey};
use crate::app::subs::Subscription;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::query::{Answer, Query};
use crate::port::Cloud;

/// The first wait after a throttle, doubled each time.
const THROTTLED: Duration = Duration::from_secs(2);

/// The longest wait after throttles, and after other passing faults.
const LONGEST: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(30));

/// Longer than any console runs.
const NEVER: Duration = Duration::from_secs(1 << 30);

/// What may change of a read that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Control {
    every: Duration,
    round: u64,
}

struct Running {
    control: watch::Sender<Control>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// All reads that run.
pub struct Registry {
    cloud: Arc<dyn Cloud>,
    results: mpsc::Sender<Msg>,
    running: HashMap<ReadKey, Running>,
    /// Those of the last turn.
    subscriptions: Vec<Subscription>,
    /// Reads that are cancelled and leave something to tidy up.
    leaving: JoinSet<()>,
}

impl Registry {
    /// Answers go to `results`; when that is full, reads wait.
    pub fn new(cloud: Arc<dyn Cloud>, results: mpsc::Sender<Msg>) -> Self {
        Self { cloud, results, running: HashMap::new(), subscriptions: Vec::new(), leaving: JoinSet::new() }
    }

    /// Makes what runs equal to what is wanted.
    pub fn reconcile(&mut self, subscriptions: Vec<Subscription>) {
        while self.leaving.try_join_next().is_some() {}
        let is_same = |(one, other): (&Subscription, &Subscription)| {
            one.asked == other.asked && (one.every, one.round) == (other.every, other.round)
        };
        // After most keys and answers nothing else is wanted than before.
        if subscriptions.len() == self.subscriptions.len() && subscriptions.iter().zip(&self.subscriptions).all(is_same)
        {
            return;
        }
        let mut old = std::mem::take(&mut self.running);
        for subscription in &subscriptions {
            let control = Control { every: subscription.every, round: subscription.round };
            let asked = subscription.asked.clone();
            let running = match old.remove(&asked) {
                Some(running) => {
                    running.control.send_if_modified(|now| std::mem::replace(now, control) != control);
                    running
                }
                None => self.start(subscription.clone(), control),
            };
            self.running.insert(asked, running);
        }
        // What is left in `old` is dropped here, which cancels it.
        for (asked, running) in old {
            self.leave(&asked, running);
        }
        self.subscriptions = subscriptions;
    }

    /// Cancels a read, and what it leaves behind in the cloud.
    fn leave(&mut self, asked: &ReadKey, mut running: Running) {
        if let Query::Insights(_) | Query::Forward(_) = asked.query {
            let cloud = self.cloud.clone();
            self.leaving.spawn(async move {
                running.task.abort();
                // Only when the task has gone its stream has.
                let _ = (&mut running.task).await;
                cloud.tidy().await;
            });
        }
    }

    /// Cancels all reads, and waits for what they leave behind, but no longer than this.
    pub async fn finish(mut self, patience: Duration) {
        for (asked, running) in std::mem::take(&mut self.running) {
            self.leave(&asked, running);
        }
        let all = async { while self.leaving.join_next().await.is_some() {} };
        let _ = timeout(patience, all).await;
    }

    fn start(&self, subscription: Subscription, control: Control) -> Running {
        let (sender, receiver) = watch::channel(control);
        let task = tokio::spawn(repeat(self.cloud.clone(), subscription, receiver, self.results.clone()));
        Running { control: sender, task }
    }
}

/// Reads again and again until it is cancelled.
async fn repeat(
    cloud: Arc<dyn Cloud>,
    subscription: Subscription,
    mut control: watch::Receiver<Control>,
    results: mpsc::Sender<Msg>,
) {
    let mut backoff = Backoff::default();
    if !subscription.delay.is_zero() {
        let began = Instant::now();
        let round = control.borrow().round;
        pause(&mut control, round, |_| began + subscription.delay).await;
    }
    loop {
        let round = control.borrow_and_update().round;
        let read = AssertUnwindSafe(read(&*cloud, &subscription, round, &results)).catch_unwind();
        let fault = tokio::select! {
            fault = read => match fault {
                Ok(fault) => fault,
                Err(_) => {
                    let fault = Fault::new(FaultKind::Other, "midwatch", "a read broke inside; this is a bug");
                    let result = Err(fault.clone());
                    let _ = results.send(Msg::Answer { asked: subscription.asked.clone(), round, result }).await;
                    Some(fault)
                }
            },
            // The data in flight is older than what is asked for now.
            () = pause(&mut control, round, |_| Instant::now() + NEVER) => continue,
        };
        let ended = Instant::now();
        let wait = backoff.after(fault.as_ref());
        let due = |control: Control| ended + wait.map_or(control.every, |wait| wait.max(control.every));
        pause(&mut control, round, due).await;
    }
}

/// One read, each piece sent on. Returns the worst fault met.
async fn read(
    cloud: &dyn Cloud,
    subscription: &Subscription,
    round: u64,
    results: &mpsc::Sender<Msg>,
) -> Option<Fault> {
    let asked = &subscription.asked;
    let mut worst: Option<Fault> = None;
    let mut answers = cloud.read(&subscription.env, asked.query.clone());
    while let Some(result) = answers.next().await {
        let fault = result.as_ref().map_or_else(Some, Answer::fault).cloned();
        if let Some(fault) = &fault {
            tracing::warn!(environment = %asked.environment, query = ?asked.query, kind = ?fault.kind, %fault, "read failed");
        }
        // A throttle counts more than whatever else failed.
        if fault.as_ref().is_some_and(|f| f.kind == FaultKind::Throttled) || worst.is_none() {
            worst = fault.or(worst);
        }
        results.send(Msg::Answer { asked: asked.clone(), round, result }).await.ok()?;
    }
    results.send(Msg::Answered(asked.clone())).await.ok()?;
    worst
}

/// Sleeps until a moment that may move with the control; a later round than this ends it at once.
async fn pause(control: &mut watch::Receiver<Control>, round: u64, until: impl Fn(Control) -> Instant) {
    loop {
        let now = *control.borrow_and_update();
        if now.round > round {
            return;
        }
        tokio::select! {
            () = sleep_until(until(now)) => return,
            // The registry may be gone, and this task with it in a moment.
            changed = control.changed() => if changed.is_err() {
                std::future::pending::<()>().await;
            },
        }
    }
}

/// How long to wait after faults: doubling, with full jitter, forgotten after a good answer.
#[derive(Debug, Default)]
struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The least wait after a read; `None` for the ordinary pace.
    fn after(&mut self, fault: Option<&Fault>) -> Option<Duration> {
        let Some(fault) = fault.filter(|fault| fault.is_passing()) else {
            self.failures = 0;
            return None;
        };
        self.failures += 1;
        let (base, longest) = match fault.kind {
            FaultKind::Throttled => (THROTTLED, LONGEST.0),
            _ => (Duration::from_secs(1), LONGEST.1),
        };
        let bound = base.saturating_mul(1 << self.failures.min(10)).min(longest);
        Some(base.mul_f64(fastrand::f64()).max(bound.mul_f64(fastrand::f64())))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::BoxFuture;
    use futures_util::stream::{self, BoxStream};

    use super::*;
    use crate::app::msg::Session;
    use crate::domain::Timestamp;
    use crate::domain::api_usage::ApiUsage;
    use crate::domain::cache::Secret;
    use crate::domain::call::Call;
    use crate::domain::environment::{Environment, Identity, Profile};
    use crate::domain::insights::{InsightsQuery, QueryText};
    use crate::domain::intent::Outcome;
    use crate::domain::resource::ResourceId;
    use crate::port::CallCounter;

    /// Counts reads; each takes a second and ends as told.
    #[derive(Default)]
    struct Fake {
        begun: Mutex<Vec<Instant>>,
        faults: Mutex<Vec<Option<Fault>>>,
        panics: bool,
        /// Reads that were dropped before their end, and those of them that were tidied up.
        dropped: Arc<AtomicUsize>,
        tidied: Arc<AtomicUsize>,
    }

    /// Counts itself when it is dropped.
    struct Dropped(Arc<AtomicUsize>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Cloud for Fake {
        fn profiles(&self) -> BoxFuture<'_, Result<Vec<Profile>, Fault>> {
            unreachable!("not asked")
        }
        fn read(&self, _: &Environment, _: Query) -> BoxStream<'static, Result<Answer, Fault>> {
            self.begun.lock().unwrap().push(Instant::now());
            let fault = self.faults.lock().unwrap().pop().flatten();
            let panics = self.panics;
            let dropped = Dropped(self.dropped.clone());
            let answer = async move {
                let _dropped = dropped;
                tokio::time::sleep(Duration::from_secs(1)).await;
                assert!(!panics, "broken");
                match fault {
                    Some(fault) => Err(fault),
                    None => Ok(Answer::Identity(Identity { account: "1".into(), arn: "a".into() })),
                }
            };
            stream::once(answer).boxed()
        }
        fn change(&self, _: &Environment, _: Call) -> BoxFuture<'static, Outcome> {
            unreachable!("not asked")
        }
        fn tidy(&self) -> BoxFuture<'static, ()> {
            let (dropped, tidied) = (self.dropped.clone(), self.tidied.clone());
            async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                tidied.store(dropped.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            .boxed()
        }
        fn meter(&self) -> CallCounter {
            CallCounter::default()
        }
        fn api_usage(&self, _: &Environment) -> Vec<ApiUsage> {
            unreachable!("not asked")
        }
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
        fn unlock(&self, _: &Environment, _: &ResourceId, _: Secret) {}

        fn forget_credentials(&self, _: &Environment) {}
    }

    fn wanted(every: u64, round: u64) -> Subscription {
        let env = Arc::new(Environment::of_profile("x", None, None));
        let asked = ReadKey { environment: env.name.clone(), session: Session(1), query: Query::Identity };
        Subscription { env, asked, every: Duration::from_secs(every), delay: Duration::ZERO, round }
    }

    fn setup(fake: Fake) -> (Arc<Fake>, Registry, mpsc::Receiver<Msg>) {
        let fake = Arc::new(fake);
        let (sender, receiver) = mpsc::channel(256);
        (fake.clone(), Registry::new(fake, sender), receiver)
    }

    async fn seconds(n: u64) {
        tokio::time::sleep(Duration::from_secs(n)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_interval_counts_from_the_end_and_may_change_on_the_way() {
        let (fake, mut registry, _receiver) = setup(Fake::default());
        registry.reconcile(vec![wanted(5, 0)]);
        seconds(14).await;
        assert_eq!(fake.begun.lock().unwrap().len(), 3, "at 0, 6 and 12 seconds");
        registry.reconcile(vec![wanted(60, 0)]);
        seconds(30).await;
        assert_eq!(fake.begun.lock().unwrap().len(), 3);
        registry.reconcile(vec![wanted(10, 0)]);
        seconds(1).await;
        assert_eq!(fake.begun.lock().unwrap().len(), 4, "a shorter pace is due at once");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_wanted_any_more_is_cancelled() {
        let (fake, mut registry, mut receiver) = setup(Fake::default());
        registry.reconcile(vec![wanted(5, 0)]);
        tokio::time::sleep(Duration::from_millis(500)).await;
        registry.reconcile(vec![]);
        seconds(60).await;
        assert_eq!(fake.begun.lock().unwrap().len(), 1);
        assert!(receiver.try_recv().is_err(), "the read was dropped before its answer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_round_drops_the_read_under_way_and_starts_anew() {
        let (fake, mut registry, mut receiver) = setup(Fake::default());
        registry.reconcile(vec![wanted(3600, 0)]);
        tokio::time::sleep(Duration::from_millis(500)).await;
        registry.reconcile(vec![wanted(3600, 1)]);
        seconds(2).await;
        assert_eq!(fake.begun.lock().unwrap().len(), 2);
        assert!(matches!(receiver.try_recv(), Ok(Msg::Answer { round: 1, .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn throttles_back_off_and_a_good_answer_forgets_them() {
        let throttle = || Some(Fault::new(FaultKind::Throttled, "x", ""));
        let faults = Mutex::new(std::iter::repeat_with(throttle).take(20).collect());
        let (fake, mut registry, _receiver) = setup(Fake { faults, ..Fake::default() });
        registry.reconcile(vec![wanted(1, 0)]);
        seconds(120).await;
        let calls = fake.begun.lock().unwrap().len();
        assert!((2..40).contains(&calls), "{calls} reads in two minutes, where a second's pace makes 60");
    }

    fn insights() -> Subscription {
        let text = QueryText::new("fields @message");
        let query = InsightsQuery { run: 1, sources: vec![], text, from: 0, to: 1 };
        let mut wanted = wanted(3600, 0);
        wanted.asked.query = Query::Insights(query);
        wanted
    }

    #[tokio::test(start_paused = true)]
    async fn a_query_that_is_left_is_tidied_up_when_it_is_gone() {
        let (fake, mut registry, _receiver) = setup(Fake::default());
        registry.reconcile(vec![insights(), wanted(3600, 0)]);
        tokio::time::sleep(Duration::from_millis(500)).await;
        registry.reconcile(vec![insights()]);
        seconds(1).await;
        assert_eq!(fake.tidied.load(Ordering::Relaxed), 0, "other reads leave nothing behind");
        registry.reconcile(vec![]);
        seconds(1).await;
        assert_eq!(fake.tidied.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn leaving_waits_for_the_tidying_up() {
        let (fake, mut registry, _receiver) = setup(Fake::default());
        registry.reconcile(vec![insights()]);
        tokio::time::sleep(Duration::from_millis(500)).await;
        registry.finish(Duration::from_secs(3)).await;
        assert_eq!(fake.tidied.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_panics_is_a_fault_and_no_end() {
        let (fake, mut registry, mut receiver) = setup(Fake { panics: true, ..Fake::default() });
        registry.reconcile(vec![wanted(1, 0)]);
        seconds(2).await;
        assert!(matches!(receiver.try_recv(), Ok(Msg::Answer { result: Err(_), .. })));
        seconds(200).await;
        assert!(fake.begun.lock().unwrap().len() > 1);
    }
}
