//! What is asked of the cloud, against its quotas; the figures are in `State::api_usage`.

pub mod view;

/// It has nothing to remember.
pub struct ApiView;
