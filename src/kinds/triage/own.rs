//! What concerns midwatch itself: requests that AWS refused for coming too fast, and what could not be
//! looked at.

use super::course::{Unseen, Why};
use super::{Evidence, Finding, Found, Place, Sight, Unread, finding};
use crate::domain::health::Health;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::rules::{Declared, Limit, Setting};
use crate::domain::spending::LATELY;
use crate::kinds::kind::Kind;

/// Where such a finding is: no kind of the registry.
pub const MIDWATCH: KindId = KindId("midwatch");

const LIMIT: Limit = Limit { default: 1.0, unit: "a minute", range: (1.0, 10_000.0) };

/// The rule over our own requests.
pub const THROTTLED: Declared = Declared { id: "api-throttled", limit: Some(LIMIT) };

pub const TITLE: &str = "API throttled";

pub const MEANS: &str = "AWS refuses requests of midwatch for coming too fast: what is shown is older than it looks";

pub const RANK: u8 = 90;

/// What AWS refuses for its rate makes everything on the screen older than it should be.
pub fn findings(sight: &dyn Sight) -> Vec<Finding> {
    let limit = match sight.settings().of(THROTTLED.id) {
        Setting::Off => return vec![],
        Setting::On => LIMIT.default,
        Setting::At(limit) => limit,
    };
    let refused = sight.spending().iter().filter(|spending| spending.lately.throttled as f64 >= limit);
    let told = refused.map(|spending| {
        let what = format!("{} of {} requests were refused", spending.lately.throttled, spending.lately.calls);
        let quota = spending.quota.map_or("not published".to_string(), |quota| format!("{quota} a second"));
        let found = Found::new(Health::Unknown, format!("{what}: what is shown of them is late"), None)
            .evidence([
                Evidence::new("refused", format!("{what} in {LATELY}s"), Some(sight.now())),
                Evidence::new("quota", format!("{quota}, shared with all who use the account"), None),
                Evidence::new("midwatch takes", format!("at most {} a second", spending.share), None),
            ])
            .next("api", "what is asked of AWS; others of the account may be asking too");
        let id = ResourceId(format!("midwatch/{}", spending.family).into());
        finding((THROTTLED.id, TITLE, RANK), Place { kind: MIDWATCH, id, name: spending.family.into() }, found)
    });
    told.collect()
}

/// What of a kind's list could not be read.
pub fn unread(kind: &Kind, sight: &dyn Sight) -> Vec<Unread> {
    let what = kind.title.to_lowercase();
    let mut told: Vec<Unread> = Vec::new();
    for fault in sight.faults(kind.id) {
        let why = fault.to_string();
        if !told.iter().any(|known| known.why == why) {
            told.push(Unread { what: what.clone(), why, of: 0, failed: true });
        }
    }
    if told.is_empty() && sight.is_awaited(kind.id) {
        told.push(Unread { what, why: "still being read".into(), of: 0, failed: false });
    }
    told
}

/// One more resource whose number is not known.
pub fn add(unread: &mut Vec<Unread>, unseen: &Unseen) {
    let (why, failed) = match &unseen.why {
        Why::NotRead => ("not read", false),
        Why::Silent => ("CloudWatch has no points", false),
        Why::Untold(why) => (*why, false),
        Why::Failed(why) => (why.as_str(), true),
    };
    match unread.iter_mut().find(|known| known.what == unseen.what && known.why == why) {
        Some(known) => known.of += 1,
        None => unread.push(Unread { what: unseen.what.into(), why: why.into(), of: 1, failed }),
    }
}
