//! Sessions of Systems Manager: what they need, how they are started, and the plugin that speaks with them.

mod exec;
pub mod facts;
pub mod forward;
pub mod plugin;
mod start;

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::aws::prelude::*;
use crate::domain::cache::Endpoint;
use crate::domain::requests::ecs::ExecuteCommand;
use crate::domain::requests::ssm::StartSession;
use crate::domain::ssm::Program;
use crate::kinds::caches::CACHES;
use crate::kinds::databases::DATABASES;
use crate::kinds::services::SERVICES;
use crate::kinds::ssm::session_facts;

pub fn register(registry: &mut Registry) {
    registry.facts.insert(session_facts(SERVICES), |cx, id| Box::pin(facts::of_service(cx, id)));
    registry.facts.insert(session_facts(DATABASES), |cx, id| Box::pin(facts::of_database(cx, id)));
    registry.facts.insert(session_facts(CACHES), |cx, id| Box::pin(facts::of_cache(cx, id)));
    registry.forward = Some(|cx, session| Box::pin(forward::run(cx, session)));
    register_changes!(registry: ExecuteCommand, StartSession);
}

/// Sessions that were started and that nobody speaks with yet, by their ids, with where they lead beyond
/// the container. They hold tokens: they are given away once, and never printed.
#[derive(Default)]
pub struct PendingSessions(Mutex<HashMap<Text, (Program, Option<Endpoint>)>>);

impl PendingSessions {
    fn put(&self, session: Text, program: Program, remote: Option<Endpoint>) {
        self.0.lock().insert(session, (program, remote));
    }

    pub fn take(&self, session: &str) -> Option<(Program, Option<Endpoint>)> {
        self.0.lock().remove(session)
    }
}

/// The endpoints that an open port of this machine leads to.
#[derive(Debug, Default)]
pub struct OpenForwards(Mutex<HashMap<Endpoint, u16>>);

impl OpenForwards {
    /// The way to an endpoint through a forward that is up.
    pub fn to(&self, endpoint: &Endpoint) -> Option<Endpoint> {
        let port = self.0.lock().get(endpoint).copied()?;
        Some(Endpoint::new("127.0.0.1", port))
    }

    fn put(&self, endpoint: &Endpoint, port: u16) {
        self.0.lock().insert(endpoint.clone(), port);
    }

    /// Unless another forward leads there by now.
    fn remove(&self, endpoint: &Endpoint, port: u16) {
        let mut open = self.0.lock();
        if open.get(endpoint) == Some(&port) {
            open.remove(endpoint);
        }
    }
}
