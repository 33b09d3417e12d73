//! The queues of the estate: bookings that wait to be confirmed, and notices on their way to passengers.

mod metrics;
mod seed;

use super::logs::invalid;
use crate::demo::prelude::*;
use crate::domain::ops::sqs;
use crate::kinds::queues::{QUEUES, Queue, QueueDetail};

/// The one part of the list.
const PART: &str = "queues";

/// What an estate has of queues. They are kept as SQS tells them.
#[derive(Clone, Debug)]
struct Queues(Vec<Queue>);

/// SQS.
pub struct Simulated;

impl SimulatedKind for Simulated {
    fn kind(&self) -> KindId {
        QUEUES
    }

    fn reads(&self) -> Op {
        sqs::GET_QUEUE_ATTRIBUTES
    }

    fn seed(&self, Moment { estate, now, .. }: &mut Moment) {
        estate.insert_state(Queues::new(&estate.place, *now));
    }

    /// What waits follows the time of day, as its metrics do.
    fn step(&self, Moment { estate, now, .. }: &mut Moment) {
        let at = now.as_second();
        for queue in &mut estate.state_mut::<Queues>().0 {
            let of = (queue.name.as_str(), Chance::of(&queue.name));
            let count = |name| metrics::of_queue(of, name, at).map_or(0, |count| count.round() as u64);
            (queue.visible, queue.in_flight) = (count(metrics::VISIBLE), count(metrics::IN_FLIGHT));
        }
    }

    fn parts(&self, _: View) -> Vec<Text> {
        vec![PART.into()]
    }

    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object> {
        shown(view.estate.state::<Queues>().0.iter(), wanted)
    }

    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts> {
        let queues = &view.estate.state::<Queues>().0;
        let queue = queues.iter().find(|queue| queue.id == *id)?.clone();
        let names_it = |other: &&Queue| other.dead_letters.as_ref().is_some_and(|redrive| redrive.target == *id);
        let sources = Ok(queues.iter().filter(names_it).map(|source| source.id.clone()).collect());
        Some(Arc::new(QueueDetail { queue, sources }))
    }

    fn metric<'a>(&self, estate: &'a Estate, metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
        metrics::curve(&estate.state::<Queues>().0, metric, by)
    }

    fn logs(&self, _: &Estate, _: &ResourceId) -> Result<Vec<LogSource>, Fault> {
        Err(invalid("SQS writes no logs"))
    }
}
