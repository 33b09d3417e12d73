//! Registering a revision of a task definition that differs from another in the image of one
//! container. The SDK's types know only the members of their day and would drop what is newer, so the
//! definition goes from AWS's answer to the request as it stands; what is new beside it is refused.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::body::Body;
use super::client;
use crate::aws::prelude::*;
use crate::domain::debug_as;
use crate::domain::ops::ecs::{DESCRIBE_TASK_DEFINITION, REGISTER_TASK_DEFINITION};
use crate::domain::requests::ecs::{RegisterTaskDefinition, TOLD_OF_DEFINITIONS};

/// The members that DescribeTaskDefinition tells and RegisterTaskDefinition takes (API model of ECS).
const CARRIED: &[&str] = &[
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
];

/// What DescribeTaskDefinition answers (API model of ECS).
const BESIDE: &[&str] = &["taskDefinition", "tags"];

impl SendChange for RegisterTaskDefinition {
    /// Reads the definition and sends it back changed.
    async fn send(self, to: Sending<'_>) -> Sent {
        let register = Register(self);
        let request = register.request(&register.read(to.session).await?)?;
        let client = to.client::<aws_sdk_ecs::Client>();
        let sent = client.register_task_definition().customize().interceptor(Body(request)).send().await;
        outcome(REGISTER_TASK_DEFINITION, sent, &to, |told| {
            receipt(&told, told.task_definition().and_then(|made| made.task_definition_arn()))
        })
    }
}

/// The request, while what it stands for is made.
struct Register(RegisterTaskDefinition);

impl Register {
    /// What DescribeTaskDefinition answers, as it was sent.
    async fn read(&self, session: &Session) -> Result<Value, Fault> {
        let raw = Raw::default();
        let request = client(session).describe_task_definition().task_definition(&self.0.task_definition);
        let request = request.include(aws_sdk_ecs::types::TaskDefinitionField::Tags).customize();
        session.ask(DESCRIBE_TASK_DEFINITION, Urgency::Now, request.interceptor(raw.clone()).send()).await?;
        let body = raw.0.lock().take().unwrap_or_default();
        serde_json::from_slice(&body).map_err(|_| self.unreadable("its answer is no JSON"))
    }

    fn unreadable(&self, why: &str) -> Fault {
        let said = format!("{}: {why}; nothing was registered", self.0.task_definition);
        Fault::new(FaultKind::Refused, DESCRIBE_TASK_DEFINITION.to_string(), said)
    }

    /// The body of RegisterTaskDefinition.
    fn request(&self, told: &Value) -> Result<String, Fault> {
        let (Some(told), Some(definition)) = (told.as_object(), told["taskDefinition"].as_object()) else {
            return Err(self.unreadable("no task definition in the answer"));
        };
        // What is empty can be left out.
        let is_new = |(member, value): &(&String, &Value), known: &[&[&str]]| {
            !known.iter().any(|known| known.contains(&member.as_str())) && !is_empty(value)
        };
        let in_definition = definition.iter().find(|it| is_new(it, &[CARRIED, TOLD_OF_DEFINITIONS]));
        if let Some((member, _)) = in_definition.or_else(|| told.iter().find(|it| is_new(it, &[BESIDE]))) {
            let why = format!("it has {member}, which this midwatch does not know and might lose");
            return Err(self.unreadable(&why));
        }
        let carried =
            definition.iter().filter(|(member, value)| CARRIED.contains(&member.as_str()) && !value.is_null());
        let mut request: Map<String, Value> = carried.map(|(member, value)| (member.clone(), value.clone())).collect();
        let containers = request.get_mut("containerDefinitions").and_then(Value::as_array_mut);
        let mut named = containers.into_iter().flatten().filter(|container| container["name"] == *self.0.container);
        let Some(container) = named.next() else {
            return Err(self.unreadable(&format!("it has no container {}", self.0.container)));
        };
        container["image"] = json!(self.0.image);
        let tags = told.get("tags").and_then(Value::as_array).into_iter().flatten();
        let tags: Vec<&Value> = tags.filter(|tag| !is_of_aws(tag)).collect();
        // An empty list is refused.
        if !tags.is_empty() {
            request.insert("tags".into(), json!(tags));
        }
        Ok(Value::Object(request).to_string())
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// A tag that AWS made and lets nobody else make (ECS API, Tag).
fn is_of_aws(tag: &Value) -> bool {
    tag["key"].as_str().is_some_and(|key| key.to_ascii_lowercase().starts_with("aws:"))
}

/// Takes the body of an answer.
#[derive(Clone, Default)]
struct Raw(Arc<Mutex<Option<Vec<u8>>>>);

// Without the body: there are values of the environment in it.
debug_as!(Raw, |_it| "Raw");

#[dyn_dispatch_hint]
impl Intercept for Raw {
    fn name(&self) -> &'static str {
        "midwatch raw answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().map(<[u8]>::to_vec);
        *self.0.lock() = body;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register() -> Register {
        let (task_definition, container) = ("api:4".into(), "app".into());
        Register(RegisterTaskDefinition { task_definition, container, image: "r/api:5".into() })
    }

    fn told() -> Value {
        json!({
            "taskDefinition": {
                "taskDefinitionArn": "arn:x:task-definition/api:4", "revision": 4, "status": "ACTIVE",
                "registeredAt": 1.7e9, "requiresAttributes": [{ "name": "a" }], "compatibilities": ["EC2"],
                "family": "api", "cpu": "256", "volumes": [], "newAndEmpty": [], "pidMode": null,
                "containerDefinitions": [
                    { "name": "app", "image": "r/api:4", "environment": [{ "name": "A", "value": "1" }], "newToday": { "a": [1] } },
                    { "name": "proxy", "image": "r/proxy:1" },
                ],
            },
            "tags": [{ "key": "team", "value": "x" }, { "key": "aws:cloudformation:stack-name", "value": "y" }],
        })
    }

    #[test]
    fn all_goes_over_but_the_image() {
        let request: Value = serde_json::from_str(&register().request(&told()).unwrap()).unwrap();
        let expected = json!({
            "family": "api", "cpu": "256", "volumes": [],
            "containerDefinitions": [
                { "name": "app", "image": "r/api:5", "environment": [{ "name": "A", "value": "1" }], "newToday": { "a": [1] } },
                { "name": "proxy", "image": "r/proxy:1" },
            ],
            "tags": [{ "key": "team", "value": "x" }],
        });
        assert_eq!(request, expected);
    }

    #[test]
    fn what_might_be_lost_is_refused() {
        let refuses = |edit: &dyn Fn(&mut Value), why: &str| {
            let mut told = told();
            edit(&mut told);
            let fault = register().request(&told).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Refused);
            assert!(fault.message.contains(why), "{fault:?}");
        };
        refuses(&|told| told["taskDefinition"]["gpuSharing"] = json!("secret"), "it has gpuSharing, which");
        refuses(&|told| told["extras"] = json!([1]), "it has extras, which");
        refuses(&|told| told["taskDefinition"]["containerDefinitions"] = json!([]), "no container app");
        refuses(&|told| *told = json!({ "tags": [] }), "no task definition in the answer");
    }
}
