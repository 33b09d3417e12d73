//! Sessions of Systems Manager that forward a port (API model of Systems Manager).

use serde::{Deserialize, Serialize};

use super::{Request, RequestType, cli_line};
use crate::domain::ops::{Op, ssm};

pub(super) const REQUESTS: &[RequestType] = &[RequestType { ops: StartSession::OPS, cli: cli_line::<StartSession> }];

/// The documents that forward a port; others would give a shell without a plan for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Document {
    /// To a port of the target.
    #[serde(rename = "AWS-StartPortForwardingSession")]
    Port,
    /// Through the target to another host.
    #[serde(rename = "AWS-StartPortForwardingSessionToRemoteHost")]
    RemoteHost,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct StartSession {
    /// `ecs:CLUSTER_TASK_RUNTIME`.
    pub target: String,
    pub document_name: Document,
    pub parameters: Parameters,
}

/// The parameters of both documents; each is a list of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
    pub port_number: [String; 1],
    /// `None`: the plugin takes a free one.
    pub local_port_number: Option<[String; 1]>,
    pub host: Option<[String; 1]>,
}

impl Request for StartSession {
    const OPS: &'static [Op] = &[ssm::START_SESSION];
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::call::Call;
    use crate::domain::fault::FaultKind;

    #[test]
    fn only_ports_are_forwarded() {
        let read = |document: &str, parameters: Value| {
            let target = ("Target", json!("ecs:c_t_r"));
            let members = [target, ("DocumentName", json!(document)), ("Parameters", parameters)];
            Call::new(ssm::START_SESSION, members).request::<StartSession>()
        };
        let ports = json!({ "portNumber": ["80"] });
        let (here, beyond) = ("AWS-StartPortForwardingSession", "AWS-StartPortForwardingSessionToRemoteHost");
        assert!(read(here, ports.clone()).is_ok());
        for (document, parameters) in [
            ("AWS-StartInteractiveCommand", ports.clone()),
            (beyond, json!({ "portNumber": 80 })),
            (beyond, json!({ "portNumber": ["80"], "command": ["sh"] })),
            (beyond, json!("80")),
        ] {
            assert_eq!(read(document, parameters).unwrap_err().kind, FaultKind::Refused, "{document}");
        }
    }
}
