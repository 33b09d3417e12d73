//! Port-forward to a container of a service.

use crate::domain::resource::KindId;
use crate::domain::service::Service;
use crate::kinds::action::Field;
use crate::kinds::services::{SERVICES, active};
use crate::kinds::ssm::forward::{Forward, ForwardTarget};

pub const FORWARD: Forward<Service> = Forward::NEW;

impl ForwardTarget for Service {
    const ID: &str = "forward";
    const KIND: KindId = SERVICES;

    fn guard(&self) -> Result<(), String> {
        active(self)
    }

    fn fields() -> Vec<Field> {
        ["task", "container", "port"].map(|name| Field::new(name, name)).into()
    }
}
