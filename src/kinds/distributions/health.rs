//! How well a distribution is, as far as its row tells.

use crate::domain::Timestamp;
use crate::domain::distribution::Distribution;
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};

pub fn diagnose(distribution: &Distribution, _: Timestamp) -> Diagnosis {
    if !distribution.enabled {
        // As somebody wants it, like a service that is scaled to zero.
        return Diagnosis::new(Health::Ok, "disabled: it answers nobody");
    }
    match distribution.status.as_str() {
        "Deployed" => match distribution.invalidating {
            Some(n @ 1..) => {
                Diagnosis::new(Health::Changing, format!("{} in progress", format::count(n as usize, "invalidation")))
            }
            _ => Diagnosis::new(Health::Ok, ""),
        },
        "InProgress" => Diagnosis::new(Health::Changing, "its configuration is spread to the edges"),
        other => Diagnosis::new(Health::Unknown, format!("AWS calls it {other:?}")),
    }
}
