//! What concerns midwatch itself: requests that AWS refused for coming too fast, and what could not be
//! looked at.

use super::{Finding, Unread, finding};
use crate::domain::api_usage::{ApiUsage, LATELY};
use crate::domain::health::Health;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::rules::{DeclaredRule, Limit};
use crate::kinds::kind::Kind;
use crate::kinds::rule::{Evidence, Found, Place, RuleContext};
use crate::kinds::trend::{Unseen, Why};

/// Where such a finding is: no kind of the registry.
pub const MIDWATCH: KindId = KindId("midwatch");

const LIMIT: Limit = Limit { default: 1.0, unit: "a minute", range: (1.0, 10_000.0) };

/// The rule over our own requests.
pub const THROTTLED: DeclaredRule = DeclaredRule { id: "api-throttled", limit: Some(LIMIT) };

pub const TITLE: &str = "API throttled";

pub const MEANS: &str = "AWS refuses requests of midwatch for coming too fast: what is shown is older than it looks";

pub const RANK: u8 = 90;

/// What AWS refuses for its rate makes everything on the screen older than it should be.
pub fn findings(context: &dyn RuleContext) -> Vec<Finding> {
    let Some(limit) = context.settings().limit(THROTTLED.id, THROTTLED.limit) else { return vec![] };
    let refused: Vec<&ApiUsage> =
        context.api_usage().iter().filter(|spending| spending.lately.throttled as f64 >= limit).collect();
    let Some(most) = refused.iter().max_by_key(|spending| spending.lately.throttled) else { return vec![] };
    let words = |spending: &ApiUsage| {
        format!("{} of {} requests were refused", spending.lately.throttled, spending.lately.calls)
    };
    let told = |spending: &&ApiUsage| {
        let quota =
            spending.quota.map_or("no quota is published".to_string(), |quota| format!("quota {quota} a second"));
        let said = format!("{} in {LATELY}s; {quota}, of which midwatch takes {}", words(spending), spending.share);
        Evidence::new(spending.family, said, Some(context.now()))
    };
    let what = match refused.len() - 1 {
        0 => format!("{}: what is shown of them is late", words(most)),
        more => format!("{}, and of {more} other families too: what is shown is late", words(most)),
    };
    let found = Found::new(Health::Unknown, what, None)
        .evidence(refused.iter().map(told))
        .evidence([Evidence::new("quotas", "are shared with all who use the account", None)])
        .next("api", "what is asked of AWS; others of the account may be asking too");
    let id = ResourceId("midwatch/throttled".into());
    vec![finding((THROTTLED.id, TITLE, RANK), Place { kind: MIDWATCH, id, name: most.family.into() }, found)]
}

/// What of a kind's list could not be read.
pub fn unread(kind: &dyn Kind, context: &dyn RuleContext) -> Vec<Unread> {
    let what = kind.title().to_lowercase();
    let mut told: Vec<Unread> = Vec::new();
    for fault in context.faults(kind.id()) {
        let why = fault.to_string();
        if !told.iter().any(|known| known.why == why) {
            told.push(Unread { what: what.clone(), why, of: 0, failed: true });
        }
    }
    if told.is_empty() && context.is_awaited(kind.id()) {
        told.push(Unread { what, why: "still being read".into(), of: 0, failed: false });
    }
    told
}

/// So many resources more whose number is not known.
pub fn add(unread: &mut Vec<Unread>, unseen: &Unseen, of: usize) {
    let (why, failed) = match &unseen.why {
        Why::NotRead => ("not read", false),
        Why::Silent => ("CloudWatch has no points", false),
        Why::Untold(why) => (*why, false),
        Why::Failed(why) => (why.as_str(), true),
    };
    match unread.iter_mut().find(|known| known.what == unseen.what && known.why == why) {
        Some(known) => known.of += of,
        None => unread.push(Unread { what: unseen.what.into(), why: why.into(), of, failed }),
    }
}
