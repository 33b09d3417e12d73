//! One revision of a task definition with every field that makes a difference. What may be secret
//! is not in it: of such a value there is a mark, by which two can be told apart.

use std::collections::BTreeMap;

use crate::domain::prelude::*;

use super::service::TaskDefinitionRef;

/// What stands where a value is not told.
pub const MASK: &str = "••••••";

/// Tells two values apart that are not told. Who makes it sees to it that nobody can find the value
/// by it; it means something only beside others of the same run of the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub u64);

debug_as!(Mark, |_it| "{MASK}");

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    text: Text,
    /// Where the text is not all of it.
    mark: Option<Mark>,
}

impl Value {
    /// A value that anybody may see.
    pub fn visible(text: impl Into<Text>) -> Self {
        Self { text: text.into(), mark: None }
    }

    /// One that nobody may see.
    pub fn masked(mark: Mark) -> Self {
        Self::partly(MASK, mark)
    }

    /// One of which only this may be seen.
    pub fn partly(text: impl Into<Text>, mark: Mark) -> Self {
        Self { text: text.into(), mark: Some(mark) }
    }

    /// What may be seen of it.
    pub fn text(&self) -> &Text {
        &self.text
    }
}

/// Declares the aspects with their words.
macro_rules! aspects {
    ($($aspect:ident = $label:literal,)*) => {
        /// What a field says of a task or of one of its containers, in the order in which it is
        /// told: what most often breaks a deployment comes first (ECS API, RegisterTaskDefinition).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Aspect { $($aspect,)* }

        impl Aspect {
            pub const ALL: &[Self] = &[$(Self::$aspect,)*];

            /// Its word on the screen.
            pub fn label(self) -> &'static str {
                match self { $(Self::$aspect => $label,)* }
            }
        }
    };
}

aspects! {
    Image = "image",
    Environment = "environment",
    EnvironmentFile = "environment file",
    Secret = "secret",
    EntryPoint = "entry point",
    Command = "command",
    WorkingDirectory = "working directory",
    User = "user",
    Cpu = "CPU",
    Memory = "memory",
    Reservation = "memory reservation",
    Resource = "resource",
    Essential = "essential",
    Port = "port",
    HealthCheck = "health check",
    DependsOn = "depends on",
    StartTimeout = "start timeout",
    StopTimeout = "stop timeout",
    RestartPolicy = "restart policy",
    TaskRole = "task role",
    ExecutionRole = "execution role",
    NetworkMode = "network mode",
    Platform = "platform",
    Launch = "launch type",
    EphemeralStorage = "ephemeral storage",
    Volume = "volume",
    Mount = "mount",
    VolumesFrom = "volumes from",
    Ulimit = "ulimit",
    LogDriver = "log driver",
    LogOption = "log option",
    LogSecret = "log secret",
    LogRouter = "log router",
    PullCredentials = "pull credentials",
    VersionConsistency = "version consistency",
    ReadOnlyRoot = "read-only root",
    Privileged = "privileged",
    Linux = "Linux parameters",
    KernelParameter = "kernel parameter",
    SecurityOption = "security option",
    CredentialSpec = "credential spec",
    Networking = "networking",
    Hostname = "hostname",
    Dns = "DNS",
    ExtraHost = "extra host",
    Link = "link",
    Terminal = "terminal",
    Label = "label",
    ProcessNamespace = "process namespace",
    IpcNamespace = "IPC namespace",
    Placement = "placement",
    Proxy = "proxy",
    Accelerator = "accelerator",
    FaultInjection = "fault injection",
}

/// The fields of a task or a container: by what they say, and of which item where there are several
/// (the name of a variable, a port), else of the empty one.
pub type Fields = BTreeMap<(Aspect, Text), Value>;

/// A revision of a task definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub reference: TaskDefinitionRef,
    /// ACTIVE, INACTIVE, DELETE_IN_PROGRESS.
    pub status: Text,
    pub registered: Option<Timestamp>,
    /// The principal's ARN; empty where AWS does not tell.
    pub registered_by: Text,
    /// Of the task as a whole.
    pub task: Fields,
    /// By name, in the order of the definition.
    pub containers: Vec<(Text, Fields)>,
}

impl Revision {
    /// Who registered it: `deploy/build-42` of `…:assumed-role/deploy/build-42`, `dana` of `…:user/dana`;
    /// empty where AWS does not tell.
    pub fn by(&self) -> &str {
        let tail = self.registered_by.rsplit(':').next().unwrap_or_default();
        tail.split_once('/').map_or(tail, |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_values_apart_and_says_nothing_of_them() {
        let (one, other) = (Value::masked(Mark(0x5eed)), Value::masked(Mark(0xbeef)));
        assert!(one != other && one.text() == other.text());
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert_ne!(Value::visible(MASK), one);
    }
}
