//! ECS services: the declaration.

use std::time::Duration;

use super::cell::{Cell, Tone};
use super::kind::{Align, Cadence, Kind};
use crate::domain::call::Op;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::resource::{ActionId, KindId};
use crate::domain::service::Service;

pub const SERVICES: KindId = KindId("services");

/// Scale: another desired count.
pub const SCALE: ActionId = ActionId("scale");
/// Force a new deployment of what is in force.
pub const DEPLOY: ActionId = ActionId("deploy");

const READS: &[Op] =
    &[Op::new("ecs", "ListClusters"), Op::new("ecs", "ListServices"), Op::new("ecs", "DescribeServices")];

/// The declaration of the kind.
pub fn kind() -> Kind {
    Kind::of::<Service>(
        SERVICES,
        ("Services", "Services", "service"),
        Cadence {
            moving: Duration::from_secs(3),
            visible: Duration::from_secs(5),
            hidden: Duration::from_secs(60),
            detail: Duration::from_secs(5),
        },
        READS,
        |_, _| Diagnosis::new(Health::Unknown, ""),
        |s, _| serde_json::json!({ "name": s.name }),
    )
    .column::<Service>(("name", "SERVICE"), (12, 60), Align::Left, 0, |s, _| Cell::text(s.name.as_str(), Tone::Strong))
}
