//! How fast we may ask: one token bucket per account, region and API family, so that a console
//! left open never takes the quota that deploys and colleagues need.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::logs::pace::Pace;
use crate::domain::ops::{Family, Op, Quota};

/// For how long the opening allowance holds; see [`Bucket::new`].
const OPENING: Duration = Duration::from_secs(10);

/// Of what we allow ourselves a sweep takes this part when the opening is over: with that and with all else
/// that is read of an environment no two minutes have more than five requests a second, however large it is.
const SWEEP: f64 = 0.45;

/// Tokens that a sweep over everything leaves for the person who opens something meanwhile.
const RESERVE: f64 = 5.0;

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// A person looks at it.
    Now,
    /// A page or batch of a whole list.
    Sweep,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    /// Those of them that a sweep may take.
    sweep: f64,
    burst: f64,
    rate: f64,
    at: Instant,
    opened: Instant,
    /// The quota is published.
    known: bool,
}

impl Bucket {
    /// A quarter of the documented quota. The first sight of an environment is different: the
    /// burst exists for such moments, and a list that crawls for half a minute is no help at
    /// night. So a session begins with half of the burst and, for [`OPENING`], half of the
    /// sustained rate: 1,000 services (10 + 100 requests) take 6 seconds instead of 17, and half
    /// of the quota is still left to everyone else.
    ///
    /// Where nothing is published it is one request a second, after what a view asks at once.
    fn new(family: Family, region: &str, now: Instant) -> Self {
        let quota = family.quota();
        let published = quota.of(region);
        let (tokens, burst, rate) = match (quota, published) {
            // A quota of less than four would leave no whole token to take.
            (_, Some((burst, rate))) => ((burst / 2.0).max(1.0), (burst / 4.0).max(1.0), rate / 4.0),
            (Quota::Unpublished { at_once }, _) => (at_once, at_once, 1.0),
            (Quota::Published { .. }, None) => (1.0, 1.0, 1.0),
        };
        Self { tokens, sweep: tokens, burst, rate, at: now, opened: now, known: published.is_some() }
    }

    fn rate(&self, now: Instant) -> f64 {
        let opening = self.known && now.saturating_duration_since(self.opened) < OPENING;
        if opening { self.rate * 2.0 } else { self.rate }
    }

    /// Takes a token, or tells how long until there may be one.
    fn take(&mut self, urgency: Urgency, now: Instant) -> Result<(), Duration> {
        let rate = self.rate(now);
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        // The opening tokens above the burst are kept until used, and do not come again.
        self.tokens = self.tokens.max((self.tokens + since * rate).min(self.burst));
        let pace = if rate > self.rate { rate } else { rate * SWEEP };
        self.sweep = self.sweep.max((self.sweep + since * pace).min(self.burst));
        self.at = now;
        // A small bucket never holds as much, and keeps half of what it has.
        let reserve = RESERVE.min((self.burst - 1.0) / 2.0);
        let is_sweep = urgency == Urgency::Sweep;
        let needed = 1.0 + if is_sweep { reserve } else { 0.0 };
        let (lacks, lacks_sweep) = (needed - self.tokens, if is_sweep { 1.0 - self.sweep } else { 0.0 });
        if lacks <= 0.0 && lacks_sweep <= 0.0 {
            self.tokens -= 1.0;
            self.sweep -= if is_sweep { 1.0 } else { 0.0 };
            return Ok(());
        }
        Err(Duration::from_secs_f64((lacks / rate).max(lacks_sweep / pace).max(0.001)))
    }
}

/// Who waits for a family's token stands in a line, one for each urgency.
type Lines = Mutex<HashMap<(Option<Family>, Urgency), Arc<tokio::sync::Mutex<()>>>>;

/// The buckets of one account and region.
#[derive(Debug)]
pub struct Budget {
    region: String,
    buckets: Mutex<HashMap<Family, Bucket>>,
    lines: Lines,
    /// How the tails share FilterLogEvents.
    pub tails: Arc<Pace>,
}

impl Budget {
    pub fn new(region: &str) -> Self {
        let rate = Bucket::new(Family::FilterLogEvents, region, Instant::now()).rate;
        Self {
            region: region.to_string(),
            buckets: Mutex::default(),
            lines: Mutex::default(),
            tails: Arc::new(Pace::new(rate)),
        }
    }

    /// Takes a token if there is one now. What no quota counts needs none.
    pub fn try_take(&self, op: Op, urgency: Urgency) -> Result<(), Duration> {
        let (Some(family), now) = (op.family, Instant::now()) else { return Ok(()) };
        self.buckets.lock().entry(family).or_insert_with(|| Bucket::new(family, &self.region, now)).take(urgency, now)
    }

    /// Waits for a token, in the order of asking: who needs many gets one a turn, and starves
    /// nobody. Nothing is taken before it is there, so a request that is cancelled while it waits
    /// costs nothing. Returns how long it waited.
    pub async fn take(&self, op: Op, urgency: Urgency) -> Duration {
        let asked = Instant::now();
        let line = {
            let mut lines = self.lines.lock();
            Arc::clone(lines.entry((op.family, urgency)).or_default())
        };
        let _turn = line.lock().await;
        while let Err(wait) = self.try_take(op, urgency) {
            tokio::time::sleep(wait).await;
        }
        asked.elapsed()
    }

    /// What AWS documents for a family, and what we allow ourselves now, both a second.
    pub fn limits(&self, family: Family) -> (Option<f64>, f64) {
        let now = Instant::now();
        let share =
            self.buckets.lock().entry(family).or_insert_with(|| Bucket::new(family, &self.region, now)).rate(now);
        (family.quota().of(&self.region).map(|(_, sustained)| sustained), share)
    }
}

/// All budgets. Two profiles of one account draw on the same one, as soon as it is known that the
/// account is the same.
#[derive(Debug, Default)]
pub struct Budgets(Mutex<HashMap<(String, String), Arc<Budget>>>);

impl Budgets {
    /// The budget of an owner (a profile, later its account) in a region; `first` becomes it when
    /// there is none yet.
    pub fn of(&self, owner: &str, region: &str, first: Option<&Arc<Budget>>) -> Arc<Budget> {
        let mut all = self.0.lock();
        let budget = all
            .entry((owner.to_string(), region.to_string()))
            .or_insert_with(|| first.map_or_else(|| Arc::new(Budget::new(region)), Arc::clone));
        Arc::clone(budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ops::ecr::DESCRIBE_IMAGES;
    use crate::domain::ops::ecs::{DESCRIBE_SERVICES, LIST_SERVICES};
    use crate::domain::ops::logs::FILTER_LOG_EVENTS;

    fn taken_within(budget_at: &mut Bucket, from: Instant, span: Duration) -> usize {
        let step = Duration::from_millis(50);
        let mut taken = 0;
        let mut now = from;
        while now < from + span {
            while budget_at.take(Urgency::Now, now).is_ok() {
                taken += 1;
            }
            now += step;
        }
        taken
    }

    #[test]
    fn half_of_the_quota_at_first_and_a_quarter_afterwards() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Family::EcsServices, "us-east-1", start);
        let first = taken_within(&mut bucket, start, OPENING);
        assert!((149..=151).contains(&first), "50 at once and 10 a second: {first}");
        let later = taken_within(&mut bucket, start + OPENING, Duration::from_secs(20));
        assert!((99..=101).contains(&later), "5 a second: {later}");
        let rested = start + Duration::from_secs(3600);
        let burst = taken_within(&mut bucket, rested, Duration::from_millis(50));
        assert_eq!(burst, 25, "a quarter of the burst after a rest");
    }

    #[test]
    fn a_long_sweep_takes_a_part_of_it() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Family::EcsServices, "us-east-1", start);
        let mut taken = 0;
        let mut swept = |from: Duration, to: Duration| {
            let before = taken;
            let (mut now, end) = (start + from, start + to);
            while now < end {
                match bucket.take(Urgency::Sweep, now) {
                    Ok(()) => taken += 1,
                    Err(wait) => now += wait,
                }
            }
            taken - before
        };
        let opening = swept(Duration::ZERO, OPENING);
        assert!((140..=151).contains(&opening), "{opening}");
        let later = swept(OPENING, OPENING + Duration::from_secs(100));
        assert!((220..=231).contains(&later), "2.25 a second: {later}");
        assert!(bucket.take(Urgency::Now, start + OPENING + Duration::from_secs(100)).is_ok());
    }

    #[test]
    fn unpublished_quotas_stay_at_one_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Family::Autoscaling, "us-east-1", start);
        let taken = taken_within(&mut bucket, start, Duration::from_secs(20));
        assert!((29..=30).contains(&taken), "{taken}");
    }

    #[test]
    fn every_bucket_holds_a_token_for_a_sweep() {
        let start = Instant::now();
        for family in [Family::Alarms, Family::CloudTrail, Family::Logs, Family::LiveTail, Family::Ecr, Family::Rds] {
            let mut bucket = Bucket::new(family, "us-east-1", start);
            while bucket.take(Urgency::Now, start).is_ok() {}
            let rested = start + Duration::from_secs(3600);
            assert!(bucket.take(Urgency::Sweep, rested).is_ok(), "{family:?}");
        }
    }

    #[test]
    fn a_sweep_leaves_room_for_the_person() {
        let budget = Budget::new("us-east-1");
        while budget.try_take(LIST_SERVICES, Urgency::Sweep).is_ok() {}
        assert!(budget.try_take(DESCRIBE_SERVICES, Urgency::Now).is_ok(), "ListServices shares the bucket");
        assert!(budget.try_take(DESCRIBE_IMAGES, Urgency::Now).is_ok(), "ECR has its own");
    }

    #[test]
    fn one_account_has_one_budget() {
        let budgets = Budgets::default();
        let a = budgets.of("profile a", "eu-west-1", None);
        let b = budgets.of("profile b", "eu-west-1", None);
        assert!(!Arc::ptr_eq(&a, &b));
        let first = budgets.of("123456789012", "eu-west-1", Some(&a));
        let second = budgets.of("123456789012", "eu-west-1", Some(&b));
        assert!(Arc::ptr_eq(&first, &a) && Arc::ptr_eq(&second, &a));
        assert!(!Arc::ptr_eq(&budgets.of("123456789012", "us-east-1", None), &a));
    }

    #[tokio::test(start_paused = true)]
    async fn who_needs_many_tokens_starves_nobody() {
        let budget = Budget::new("eu-central-1");
        while budget.try_take(FILTER_LOG_EVENTS, Urgency::Now).is_ok() {}
        let hungry = async {
            loop {
                budget.take(FILTER_LOG_EVENTS, Urgency::Now).await;
            }
        };
        let modest = async {
            let begun = Instant::now();
            for _ in 0..10 {
                budget.take(FILTER_LOG_EVENTS, Urgency::Now).await;
            }
            begun.elapsed()
        };
        let took = tokio::select! { () = hungry => unreachable!(), took = modest => took };
        // 20 tokens for both: 25 in the first ten seconds.
        assert!(took < Duration::from_secs(9), "{took:?}");
    }
}
