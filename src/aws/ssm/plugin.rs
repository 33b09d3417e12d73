//! session-manager-plugin: whether it is there, and how it is told of a session.

use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use crate::aws::process;
use crate::domain::cache::Secret;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::ssm::{Plugin, Program};

const NAME: &str = "session-manager-plugin";

/// The variable that the plugin reads: its own code compares this name.
const VARIABLE: &str = "AWS_SSM_START_SESSION_RESPONSE";

const INSTALL: &str = "install it: \
    https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html";

/// The plugin on the PATH.
///
/// # Errors
/// There is none, or it does not tell its version; the remedy says how it is installed.
pub async fn find(patience: Duration) -> Result<Plugin, Fault> {
    let mut command = Command::new(NAME);
    command.arg("--version");
    let fault = |said: String| Fault::new(FaultKind::Invalid, NAME, said).with_remedy(INSTALL);
    match process::printed(command, patience).await {
        Ok(printed) => Ok(Plugin { version: String::from_utf8_lossy(&printed).trim().into() }),
        Err(why) if why.contains("os error 2") => Err(fault(format!("{NAME} is not on the PATH"))),
        Err(why) => Err(fault(format!("{NAME} {why}"))),
    }
}

/// A session as AWS answered it.
pub struct Granted<'a> {
    pub id: &'a str,
    pub token: &'a str,
    pub stream: &'a str,
}

/// Where a session is and whose: what the plugin asks AWS with when it takes up a broken connection.
pub struct Place<'a> {
    pub region: &'a str,
    /// Empty: the credentials of the surroundings.
    pub profile: &'a str,
    pub target: &'a str,
    /// Empty: AWS's own.
    pub endpoint: &'a str,
}

/// The plugin with a session, in the order of arguments in which the AWS CLI starts it.
pub fn program(plugin: &Plugin, session: &Granted, place: &Place) -> Program {
    let session = json!({ "SessionId": session.id, "TokenValue": session.token, "StreamUrl": session.stream });
    let session = Secret(session.to_string());
    let (first, environment) = if plugin.reads_environment() {
        (Secret(VARIABLE.to_string()), vec![(VARIABLE.to_string(), session)])
    } else {
        (session, vec![])
    };
    let target = json!({ "Target": place.target }).to_string();
    let rest = [place.region, "StartSession", place.profile, &target, place.endpoint];
    let arguments = std::iter::once(first).chain(rest.map(|text| Secret(text.to_string()))).collect();
    Program { program: NAME.to_string(), arguments, environment }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: &str) -> Program {
        let session = Granted { id: "s-1", token: "TOKEN", stream: "wss://x" };
        let place = Place { region: "eu-west-1", profile: "prod", target: "ecs:c_t_r", endpoint: "" };
        program(&Plugin { version: version.into() }, &session, &place)
    }

    #[test]
    fn the_token_is_no_argument_where_it_need_not_be() {
        let new = of("1.2.707.0");
        let arguments: Vec<&str> = new.arguments.iter().map(|argument| argument.0.as_str()).collect();
        assert_eq!(arguments, [VARIABLE, "eu-west-1", "StartSession", "prod", r#"{"Target":"ecs:c_t_r"}"#, ""]);
        assert!(new.environment[0].1.0.contains("TOKEN") && new.environment.len() == 1);
        let old = of("1.2.463.0");
        assert!(old.arguments[0].0.contains("TOKEN") && old.environment.is_empty());
        assert_eq!(old.arguments[1..], new.arguments[1..]);
    }
}
