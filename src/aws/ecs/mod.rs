//! ECS: services, their tasks and task definitions, and the change of a service.

pub mod change;
pub mod definitions;
pub mod detail;
pub mod endings;
pub mod list;
mod shape;
