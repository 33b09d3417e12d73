//! ECS: services, their tasks and task definitions, their deployments, and the changes of a service.

pub mod change;
pub mod definitions;
pub mod detail;
pub mod endings;
pub mod history;
pub mod image;
pub mod list;
pub mod one_off;
mod register;
pub mod revision;
pub mod shape;
pub mod task;
