//! Port-forward to a database, through a task that takes sessions.

use crate::domain::database::Database;
use crate::domain::resource::KindId;
use crate::kinds::databases::DATABASES;
use crate::kinds::ssm::forward::{Forward, ForwardTarget, has_endpoint, remote_of_database};

pub const FORWARD: Forward<Database> = Forward::NEW;

impl ForwardTarget for Database {
    const ID: &str = "forward-database";
    const KIND: KindId = DATABASES;

    fn guard(&self) -> Result<(), String> {
        has_endpoint(remote_of_database(self), &self.status)
    }
}
