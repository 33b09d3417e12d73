//! ECS: services, their tasks and task definitions, their deployments, and the changes of a service.

pub mod change;
pub mod definitions;
pub mod detail;
pub mod endings;
pub mod history;
pub mod list;
pub mod revision;
pub mod shape;
