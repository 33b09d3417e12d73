//! Invalidate: the edges forget paths and fetch them anew from the origin.

use std::collections::HashSet;

use crate::domain::distribution::{Distribution, DistributionDetail, Invalidation};
use crate::domain::ops::cloudfront;
use crate::domain::requests::cloudfront::{CreateInvalidation, InvalidationBatch, Paths};
use crate::kinds::action::OPENED;
use crate::kinds::action::prelude::*;
use crate::kinds::distributions::DISTRIBUTIONS;

/// The longest path (CloudFront Developer Guide, "What you need to know when invalidating files").
const LONGEST: usize = 4000;
/// Files, and wildcard paths, that may be in progress at one time for a distribution (quotas page).
const FILES: usize = 3000;
const WILDCARDS: usize = 15;
/// Paths a month that cost nothing, over all distributions of the account (pricing page).
const FREE: usize = 1000;
/// An invalidation takes a minute or two; longer than this is unusual, in seconds.
const STALLED: i64 = 900;

pub struct Invalidate;

impl ActionSpec for Invalidate {
    type Resource = Distribution;
    type Facts = DistributionDetail;

    const ID: &str = "invalidate";
    const KEY: &str = "I";
    const HELP: &str = "Makes the edges of the CDN forget paths, and follows it until they have.";
    const FACTS: FactsId = DISTRIBUTIONS.detail();
    const CHANGES: &[Op] = &[cloudfront::CREATE_INVALIDATION];

    fn guard(&self, distribution: &Distribution) -> Result<(), String> {
        if distribution.enabled { Ok(()) } else { Err("it is disabled: no edge keeps anything of it".into()) }
    }

    fn fields(&self, _: &Distribution, _: Timestamp) -> Vec<Field> {
        let presets = [("everything", "/*"), ("the start page", "/index.html")];
        vec![Field { many: true, ..Field::new("paths", "paths").offering(presets) }]
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        let paths = paths(inputs);
        if paths.is_empty() {
            return Err(("paths", "type a path, as /index.html or /images/*".to_string()));
        }
        paths.into_iter().try_for_each(valid).map_err(|why| ("paths", why))
    }

    fn plan(&self, facts: &DistributionDetail, inputs: &Inputs, _: Timestamp) -> Result<Plan, String> {
        let distribution = &facts.distribution;
        self.guard(distribution)?;
        let paths = paths(inputs);
        self.check(inputs).map_err(|(_, why)| why)?;
        let is_wildcard = |path: &str| path.ends_with('*');
        let wildcards = paths.iter().filter(|path| is_wildcard(path)).count();
        let under_way: Vec<&Invalidation> = facts.invalidations.iter().flatten().filter(|i| !i.is_complete()).collect();
        let of_those = |wild: bool| {
            under_way.iter().flat_map(|i| i.paths.iter().flatten()).filter(|path| is_wildcard(path) == wild).count()
        };
        if wildcards + of_those(true) > WILDCARDS {
            return Err(format!("at most {WILDCARDS} paths with * may be in progress, and {} are", of_those(true)));
        }
        if paths.len() - wildcards + of_those(false) > FILES {
            return Err(format!("at most {FILES} files may be in progress, and {} are", of_those(false)));
        }
        let everything = paths.contains(&"/*");
        let mut warnings = Warnings::default();
        if everything {
            let text =
                "everything: each edge fetches every file anew, so the origin gets the load that the CDN kept away";
            warnings.add(Tone::Down, text);
        } else {
            let text = "what the wildcards match is fetched anew from the origin";
            warnings.add_if(wildcards > 0, Tone::Degraded, text);
        }
        warnings.add_unknown("the invalidations in progress are not known", &facts.invalidations);
        warnings.add(Tone::Plain, "browsers keep their own copies; paths are case-sensitive");
        // One dialog, one reference: a repeat after a break is the same invalidation and no second one.
        let reference = format!("midwatch-{}", inputs.get(OPENED).map_or("", String::as_str));
        let items: Vec<String> = paths.iter().map(ToString::to_string).collect();
        let request = CreateInvalidation {
            distribution_id: distribution.name.to_string(),
            invalidation_batch: InvalidationBatch {
                // No more than FILES and WILDCARDS.
                paths: Paths { quantity: i32::try_from(items.len()).unwrap_or(i32::MAX), items },
                caller_reference: reference,
            },
        };
        let all = if everything { "everything".to_string() } else { count(paths.len(), "path") };
        let name = distribution.known_as();
        Ok(Plan {
            rows: vec![
                row("distribution", [name.as_str().into(), Span::new(format!("  {}", distribution.status), Tone::Dim)]),
                row(
                    "in progress",
                    [match under_way.len() {
                        0 => Span::new("none", Tone::Dim),
                        n => count(n, "invalidation").into(),
                    }],
                ),
                row(
                    "cost",
                    [
                        format!("{} (a wildcard is one)", count(paths.len(), "path")).into(),
                        Span::new(format!("  {FREE} a month are free in the account, then $0.005 each"), Tone::Dim),
                    ],
                ),
            ],
            warnings: warnings.worst_first(),
            calls: vec![request.call()],
            undo: "cannot be cancelled".to_string(),
            then: "followed until every edge has done it (Completed)".to_string(),
            confirm: if everything { Confirm::TypeName } else { Confirm::Ask },
            before: json!({ "distribution": distribution.name }),
            summary: format!("invalidate {all} of {name}"),
        })
    }

    fn progress(&self, intent: &Intent, receipt: &Receipt, facts: &DistributionDetail, now: Timestamp) -> Progress {
        let since = seconds_since(intent.at, now);
        let listed = match &facts.invalidations {
            Err(fault) => return Progress::waiting(format!("its progress is not known: {fault}")),
            Ok(listed) => listed,
        };
        let ours = listed.iter().find(|i| receipt.started.as_ref().is_some_and(|id| *id == i.id));
        match ours {
            Some(i) if i.is_complete() => {
                let line = format!("{} completed after {since}s", i.id);
                Progress::ended(Verdict::Done, line)
            }
            Some(i) => {
                let line = format!("{} in progress, {since}s", i.id);
                Progress { stalled: since > STALLED, ..Progress::moving(None, line) }
            }
            // Only the last twenty are read: with so many after it, it is long done.
            None if listed.len() >= 20 => Progress::ended(Verdict::Lost, "twenty newer ones have come since"),
            None => Progress::waiting("AWS does not list it yet"),
        }
    }

    fn applied(&self, intent: &Intent, facts: &DistributionDetail, _: Timestamp) -> Applied {
        let Ok(listed) = &facts.invalidations else { return Applied::CannotTell };
        let reference = reference(intent);
        let ours =
            listed.iter().find(|i| reference.as_ref().is_some_and(|reference| *i.caller_reference == **reference));
        match ours {
            Some(i) => Applied::yes(i.id.clone()),
            None if listed.iter().any(|i| i.caller_reference.is_empty()) => Applied::CannotTell,
            None => Applied::No,
        }
    }
}

/// Every path once: CloudFront takes none twice.
fn paths(inputs: &Inputs) -> Vec<&str> {
    let mut seen = HashSet::new();
    input(inputs, "paths").lines().filter(|path| !path.is_empty() && seen.insert(*path)).collect()
}

/// The rules of a path (CloudFront Developer Guide).
fn valid(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!("a path begins with /: {path}"));
    }
    if path.find('*').is_some_and(|at| at + 1 < path.len()) {
        return Err(format!("* may only be the last character: {path}"));
    }
    if let Some(c) = path.chars().find(|c| c.is_whitespace() || !c.is_ascii()) {
        return Err(format!("{c:?} must be written as in the URL (%20, …): {path}"));
    }
    if path.len() > LONGEST {
        return Err(format!("a path has at most {LONGEST} characters"));
    }
    Ok(())
}

fn reference(intent: &Intent) -> Option<String> {
    Some(intent.request::<CreateInvalidation>()?.invalidation_batch.caller_reference)
}
