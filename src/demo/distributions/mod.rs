//! The CloudFront distributions of the estate, and the invalidations on their way.

mod metrics;
mod seed;
#[cfg(test)]
mod tests;

use super::logs::invalid;
use crate::demo::prelude::*;
use crate::domain::distribution::{Distribution, DistributionDetail, Invalidation};
use crate::domain::ops::cloudfront;
use crate::domain::requests::cloudfront::{CreateInvalidation, InvalidationBatch};
use crate::domain::resource::cast;
use crate::kinds::distributions::DISTRIBUTIONS;

/// The one part of the list.
const PART: &str = "distributions";

/// Invalidations that a detail tells.
const TOLD: usize = 20;

/// Paths with a `*`, and others, that may be on their way in one distribution.
const MOST: (usize, usize) = (15, 3000);

/// What an estate has of distributions. They are kept as AWS tells them.
#[derive(Clone, Debug)]
pub struct Fleet {
    held: Vec<DistributionState>,
}

#[derive(Clone, Debug)]
struct DistributionState {
    row: Distribution,
    /// Newest first.
    invalidations: Vec<Invalidation>,
    /// When those in progress are complete, by id.
    coming: Vec<(Timestamp, Text)>,
}

impl DistributionState {
    fn step(&mut self, now: Timestamp) {
        let coming = &mut self.coming;
        for invalidation in self.invalidations.iter_mut().filter(|invalidation| !invalidation.is_complete()) {
            if coming.iter().any(|(at, id)| *id == invalidation.id && *at <= now) {
                invalidation.status = "Completed".into();
            }
        }
        coming.retain(|(at, _)| *at > now);
        self.count();
    }

    /// Counts what is not complete.
    fn count(&mut self) {
        self.row.invalidating = Some(super::services::count(self.in_progress()));
    }

    fn in_progress(&self) -> impl Iterator<Item = &Invalidation> {
        self.invalidations.iter().filter(|invalidation| !invalidation.is_complete())
    }

    fn invalidate(&mut self, batch: InvalidationBatch, now: Timestamp, rng: &mut Rng) -> Result<Text, Refusal> {
        let reference = Text::from(batch.caller_reference);
        let paths: Vec<Text> = batch.paths.items.iter().map(Text::new).collect();
        if !paths.iter().all(|path| is_path(path)) {
            return Err(Refusal::invalid(
                "InvalidArgument: Your request contains one or more invalid invalidation paths.",
            ));
        }
        if let Some(earlier) = self.invalidations.iter().find(|earlier| earlier.caller_reference == reference) {
            return if earlier.paths.as_ref() == Some(&paths) {
                Ok(earlier.id.clone())
            } else {
                Err(Refusal::invalid(
                    "InvalidArgument: Your request contains a caller reference that was used for a previous \
                     invalidation request but with different content",
                ))
            };
        }
        let moving: Vec<&Text> = self.in_progress().filter_map(|earlier| earlier.paths.as_ref()).flatten().collect();
        let wildcards = moving.iter().copied().chain(&paths).filter(|path| path.ends_with('*')).count();
        if wildcards > MOST.0 || moving.len() + paths.len() - wildcards > MOST.1 {
            return Err(Refusal::invalid(
                "TooManyInvalidationsInProgress: Processing your request will cause you to exceed the maximum number \
                 of in-progress invalidations.",
            ));
        }
        let id = Text::from(invalidation_id(rng));
        let invalidation = Invalidation {
            id: id.clone(),
            status: "InProgress".into(),
            created: Some(now),
            paths: Some(paths),
            caller_reference: reference,
        };
        self.invalidations.insert(0, invalidation);
        self.coming.push((later(now, rng.i64(52..=68)), id.clone()));
        self.count();
        Ok(id)
    }
}

/// Whether CloudFront takes it: it begins with a slash, and a star is its last character.
fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.find('*').is_none_or(|at| at + 1 == path.len()) && !path.contains(' ')
}

/// An id as CloudFront makes them.
fn invalidation_id(rng: &mut Rng) -> String {
    let mut id = "I".to_string();
    id.extend((0..25).map(|_| char::from_digit(rng.u32(0..36), 36).unwrap_or('0').to_ascii_uppercase()));
    id
}

impl Fleet {
    /// What a distribution of this id brings to people: the first origin's name.
    pub fn origin_of(&self, id: &str) -> Option<&str> {
        let held = self.held.iter().find(|held| held.row.name == *id)?;
        held.row.origins.first()?.1.split('.').next()
    }

    fn find(&self, id: &ResourceId) -> Option<&DistributionState> {
        self.held.iter().find(|held| held.row.id == *id)
    }
}

impl Estate {
    pub fn distributions(&self) -> &Fleet {
        self.state()
    }
}

impl Perform for CreateInvalidation {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let mut held = moment.estate.state_mut::<Fleet>().held.iter_mut();
        let Some(held) = held.find(|held| *held.row.name == *self.distribution_id) else {
            return Err(Refusal::missing("NoSuchDistribution: The specified distribution does not exist."));
        };
        let started = held.invalidate(self.invalidation_batch, moment.now, moment.rng)?;
        Ok(receipt(moment.rng, Some(started)))
    }
}

/// CloudFront.
pub struct Simulated;

impl SimulatedKind for Simulated {
    fn kind(&self) -> KindId {
        DISTRIBUTIONS
    }

    fn reads(&self) -> Op {
        cloudfront::LIST_DISTRIBUTIONS
    }

    fn seed(&self, Moment { estate, now, .. }: &mut Moment) {
        estate.insert_state(Fleet::new(&estate.place, *now));
    }

    fn step(&self, Moment { estate, now, .. }: &mut Moment) {
        estate.state_mut::<Fleet>().held.iter_mut().for_each(|held| held.step(*now));
    }

    fn parts(&self, _: View) -> Vec<Text> {
        vec![PART.into()]
    }

    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object> {
        shown(view.estate.distributions().held.iter().map(|held| &held.row), wanted)
    }

    /// An id says nothing to people: it goes by all of its names.
    fn admits(&self, env: &Environment, object: &Object) -> bool {
        cast::<Distribution>(&**object).is_some_and(|row| env.scope.admits_names(row.names()))
    }

    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts> {
        let held = view.estate.distributions().find(id)?;
        Some(Arc::new(DistributionDetail {
            distribution: held.row.clone(),
            invalidations: Ok(held.invalidations.iter().take(TOLD).cloned().collect()),
        }))
    }

    fn metric<'a>(&self, estate: &'a Estate, metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
        metrics::curve(estate, metric, by)
    }

    fn logs(&self, _: &Estate, _: &ResourceId) -> Result<Vec<LogSource>, Fault> {
        Err(invalid("CloudFront tells no log group of a distribution")
            .with_remedy("where its standard logs go to CloudWatch Logs, name the group, in us-east-1"))
    }

    fn changes(&self) -> &'static [Change] {
        const { &[Change::of::<CreateInvalidation>()] }
    }
}
