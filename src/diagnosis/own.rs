//! What concerns midwatch itself: requests that AWS refused for coming too fast, and what could not be
//! looked at.

use std::collections::BTreeSet;

use super::{Finding, Unread, finding};
use crate::domain::api_usage::{ApiUsage, LATELY};
use crate::domain::fault::Fault;
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
    let why = "still being read".to_string();
    let (kind_id, rules) = (kind.id(), BTreeSet::new());
    let list = Unread { what, why, of: 0, failed: false, kind: kind_id, rules, permission: None };
    for fault in context.faults(kind.id()) {
        let why = fault.to_string();
        if !told.iter().any(|known| known.why == why) {
            told.push(Unread { why, failed: true, permission: fault.permission().cloned(), ..list.clone() });
        }
    }
    if told.is_empty() && context.is_awaited(kind.id()) {
        told.push(list);
    }
    told
}

/// So many resources more of a kind whose number a rule does not know.
pub fn add(unread: &mut Vec<Unread>, kind: KindId, (rule, unseen): &(&'static str, Unseen), of: usize) {
    let (why, fault) = match &unseen.why {
        Why::NotRead => ("not read".to_string(), None),
        Why::Silent => ("CloudWatch has no points".to_string(), None),
        Why::Untold(why) => (why.to_string(), None),
        Why::Failed(fault) => (fault.to_string(), Some(fault)),
    };
    let known = unread.iter().position(|known| known.what == unseen.what && known.why == why);
    let place = known.unwrap_or_else(|| {
        let permission = fault.and_then(Fault::permission).cloned();
        let (what, failed) = (unseen.what.into(), fault.is_some());
        unread.push(Unread { what, why, of: 0, failed, kind, rules: BTreeSet::new(), permission });
        unread.len() - 1
    });
    unread[place].of += of;
    unread[place].rules.insert(*rule);
}
