//! One revision of a task definition in full. Values of the environment and whatever else may hold
//! a secret do not leave this file: a keyed hash stands for them, whose key dies with the program.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::LazyLock;

use aws_sdk_ecs::types as sdk;

use super::client;
use crate::aws::prelude::*;
use crate::domain::ops::ecs::DESCRIBE_TASK_DEFINITION;
use crate::domain::revision::{Aspect, Fields, Mark, Revision, Value};
use crate::domain::service::TaskDefinitionRef;
use crate::logs::redact::Redactor;

/// Options of log drivers that hold no secret, besides those of awslogs (ECS API, LogConfiguration).
const HARMLESS_OPTIONS: &[&str] = &["mode", "max-buffer-size"];

static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
static REDACTOR: LazyLock<Redactor> = LazyLock::new(Redactor::default);

/// Reads a revision, ACTIVE or not; AWS has even those that were deregistered, until they are deleted.
pub async fn read(session: &Session, reference: &TaskDefinitionRef) -> Result<Arc<Revision>, Fault> {
    let request = client(session).describe_task_definition().task_definition(reference.arn.as_str()).send();
    let told = session.ask(DESCRIBE_TASK_DEFINITION, Urgency::Now, request).await?;
    let definition = told.task_definition().ok_or_else(|| {
        let said = format!("no task definition {}", reference.short());
        Fault::new(FaultKind::NotFound, DESCRIBE_TASK_DEFINITION.to_string(), said)
    })?;
    Ok(Arc::new(revision(definition)))
}

fn revision(d: &sdk::TaskDefinition) -> Revision {
    let container = |c: &sdk::ContainerDefinition| (text(c.name()), container(c));
    Revision {
        reference: TaskDefinitionRef::new(text(d.task_definition_arn())),
        status: text(d.status().map(|status| status.as_str())),
        registered: moment(d.registered_at()),
        registered_by: text(d.registered_by()),
        task: task(d),
        containers: d.container_definitions().iter().map(container).collect(),
    }
}

/// The fields that are being gathered.
#[derive(Default)]
struct Sheet(Fields);

impl Sheet {
    /// A field; one more of the same name (a port bound to two of the host) is counted behind it.
    fn put(&mut self, aspect: Aspect, item: &str, value: Value) {
        let mut name = Text::new(item);
        let mut n = 1;
        while self.0.contains_key(&(aspect, name.clone())) {
            n += 1;
            name = Text::new(format!("{item} ({n})"));
        }
        self.0.insert((aspect, name), value);
    }

    /// What anybody may see; nothing where AWS says nothing.
    fn visible(&mut self, aspect: Aspect, item: &str, said: &str) {
        if !said.is_empty() {
            self.put(aspect, item, shown(said, said));
        }
    }

    /// A text that may hold a secret by mistake, in one of the usual forms.
    fn redacted(&mut self, aspect: Aspect, item: &str, said: &str) {
        if !said.is_empty() {
            self.put(aspect, item, shown(said, &REDACTOR.redact(said)));
        }
    }

    fn number(&mut self, aspect: Aspect, number: Option<i32>, unit: &str) {
        if let Some(number) = number {
            self.visible(aspect, "", format!("{number} {unit}").trim_end());
        }
    }

    fn flag(&mut self, aspect: Aspect, flag: Option<bool>) {
        if let Some(flag) = flag {
            self.visible(aspect, "", if flag { "yes" } else { "no" });
        }
    }

    /// A command in its words, as JSON: blanks in them count.
    fn command(&mut self, aspect: Aspect, words: &[String], more: &str) {
        if !words.is_empty() {
            let (raw, seen) = (json(words), json(&without_secrets(words)));
            self.put(aspect, "", shown(&format!("{raw}{more}"), &format!("{seen}{more}")));
        }
    }
}

/// What is seen of a value; a mark stands for the rest.
fn shown(raw: &str, seen: &str) -> Value {
    let seen = Text::new(seen);
    if *seen == *raw { Value::visible(seen) } else { Value::partly(seen, mark(raw)) }
}

fn mark(raw: &str) -> Mark {
    Mark(KEY.hash_one(raw))
}

fn masked(raw: &str) -> Value {
    Value::masked(mark(raw))
}

fn json(words: &[String]) -> String {
    serde_json::to_string(words).unwrap_or_default()
}

/// The words of a command; also `--password hunter2`, in one word or two, loses its secret.
fn without_secrets(words: &[String]) -> Vec<String> {
    let mut option: Option<String> = None;
    words.iter().map(|word| without_values_of_options(&REDACTOR.redact(word), &mut option)).collect()
}

/// A word of a command, which can be a whole line for a shell, without what options have as secrets;
/// `option` is the one whose value comes next.
fn without_values_of_options(word: &str, option: &mut Option<String>) -> String {
    let mut told = String::new();
    // The quote that is open in a secret: it goes with all its blanks.
    let mut quote: Option<char> = None;
    for piece in word.split_inclusive(char::is_whitespace) {
        let part = piece.trim_end();
        let blank = &piece[part.len()..];
        if let Some(open) = quote {
            quote = quote.filter(|_| !part.ends_with(open));
            continue;
        }
        if part.is_empty() {
            told.push_str(blank);
            continue;
        }
        let seen = option.take().map(|name| REDACTOR.redact_value(&name, part).into_owned());
        if seen.as_deref().is_some_and(|seen| seen != part) {
            let open = part.chars().next().filter(|first| matches!(first, '"' | '\''));
            quote = open.filter(|open| part.len() == 1 || !part.ends_with(*open));
        }
        told.push_str(seen.as_deref().unwrap_or(part));
        told.push_str(blank);
        let name = part.strip_prefix('-').filter(|name| !name.contains('='));
        *option = name.map(|name| name.trim_start_matches('-').into());
    }
    told
}

/// In an order that is always the same.
fn sorted(map: Option<&HashMap<String, String>>) -> BTreeMap<&str, &str> {
    map.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn task(d: &sdk::TaskDefinition) -> Fields {
    let mut sheet = Sheet::default();
    sheet.visible(Aspect::Cpu, "", d.cpu().unwrap_or_default());
    sheet.visible(Aspect::Memory, "", d.memory().map(|memory| format!("{memory} MiB")).as_deref().unwrap_or_default());
    sheet.visible(Aspect::TaskRole, "", d.task_role_arn().unwrap_or_default());
    sheet.visible(Aspect::ExecutionRole, "", d.execution_role_arn().unwrap_or_default());
    sheet.visible(Aspect::NetworkMode, "", d.network_mode().map_or("", |mode| mode.as_str()));
    if let Some(platform) = d.runtime_platform() {
        let system = platform.operating_system_family().map_or("", |system| system.as_str());
        let processor = platform.cpu_architecture().map_or("", |processor| processor.as_str());
        sheet.visible(Aspect::Platform, "", format!("{system} {processor}").trim());
    }
    let launch: Vec<&str> = d.requires_compatibilities().iter().map(|launch| launch.as_str()).collect();
    sheet.visible(Aspect::Launch, "", &launch.join(", "));
    sheet.number(Aspect::EphemeralStorage, d.ephemeral_storage().map(|storage| storage.size_in_gib()), "GiB");
    for volume in d.volumes() {
        let (raw, seen) = self::volume(volume);
        sheet.put(Aspect::Volume, volume.name().unwrap_or_default(), shown(&raw, &seen));
    }
    sheet.visible(Aspect::ProcessNamespace, "", d.pid_mode().map_or("", |mode| mode.as_str()));
    sheet.visible(Aspect::IpcNamespace, "", d.ipc_mode().map_or("", |mode| mode.as_str()));
    let placement = d.placement_constraints().iter().filter_map(|constraint| constraint.expression());
    sheet.visible(Aspect::Placement, "", &placement.collect::<Vec<_>>().join(" and "));
    if let Some(proxy) = d.proxy_configuration() {
        let seen = format!("container {}", proxy.container_name());
        sheet.put(Aspect::Proxy, "", shown(&format!("{seen} {:?}", proxy.properties()), &seen));
    }
    for accelerator in d.inference_accelerators() {
        sheet.visible(Aspect::Accelerator, accelerator.device_name(), accelerator.device_type());
    }
    sheet.flag(Aspect::FaultInjection, d.enable_fault_injection());
    sheet.0
}

/// All of a volume, and what is seen of it: options and labels of a driver may be secrets.
fn volume(v: &sdk::Volume) -> (String, String) {
    let mut seen: Vec<String> = Vec::new();
    let mut more = String::new();
    if let Some(path) = v.host().and_then(|host| host.source_path()) {
        seen.push(format!("host {path}"));
    }
    if let Some(efs) = v.efs_volume_configuration() {
        seen.push(format!("EFS {} {}", efs.file_system_id(), efs.root_directory().unwrap_or("/")));
        seen.extend(efs.transit_encryption().map(|encryption| format!("transit encryption {}", encryption.as_str())));
        seen.extend(
            efs.authorization_config().and_then(|a| a.access_point_id()).map(|id| format!("access point {id}")),
        );
        more = format!("{efs:?}");
    }
    if let Some(docker) = v.docker_volume_configuration() {
        seen.push(format!("driver {}", docker.driver().unwrap_or("local")));
        seen.extend(docker.scope().map(|scope| format!("scope {}", scope.as_str())));
        more = format!("{:?} {:?} {:?}", docker.autoprovision(), sorted(docker.driver_opts()), sorted(docker.labels()));
    }
    if let Some(fsx) = v.fsx_windows_file_server_volume_configuration() {
        seen.push(format!("FSx {} {}", fsx.file_system_id(), fsx.root_directory()));
        more = format!("{fsx:?}");
    }
    if v.configured_at_launch() == Some(true) {
        seen.push("configured at launch".to_string());
    }
    if seen.is_empty() {
        seen.push("of the task alone".to_string());
    }
    let seen = seen.join(", ");
    let raw = if more.is_empty() { seen.clone() } else { format!("{seen} {more}") };
    (raw, seen)
}

fn container(c: &sdk::ContainerDefinition) -> Fields {
    let mut sheet = Sheet::default();
    sheet.visible(Aspect::Image, "", c.image().unwrap_or_default());
    for variable in c.environment() {
        let value = masked(variable.value().unwrap_or_default());
        sheet.put(Aspect::Environment, variable.name().unwrap_or_default(), value);
    }
    for file in c.environment_files() {
        sheet.visible(Aspect::EnvironmentFile, file.value(), file.r#type().as_str());
    }
    for secret in c.secrets() {
        sheet.visible(Aspect::Secret, secret.name(), secret.value_from());
    }
    sheet.command(Aspect::EntryPoint, c.entry_point(), "");
    sheet.command(Aspect::Command, c.command(), "");
    sheet.visible(Aspect::WorkingDirectory, "", c.working_directory().unwrap_or_default());
    sheet.visible(Aspect::User, "", c.user().unwrap_or_default());
    // Zero is what AWS tells where nothing was said.
    sheet.number(Aspect::Cpu, Some(c.cpu()).filter(|units| *units != 0), "");
    sheet.number(Aspect::Memory, c.memory(), "MiB");
    sheet.number(Aspect::Reservation, c.memory_reservation(), "MiB");
    for resource in c.resource_requirements() {
        sheet.visible(Aspect::Resource, resource.r#type().as_str(), resource.value());
    }
    // AWS: a container is essential unless it says otherwise.
    sheet.flag(Aspect::Essential, Some(c.essential().unwrap_or(true)));
    for port in c.port_mappings() {
        let (item, said) = self::port(port);
        sheet.visible(Aspect::Port, &item, &said);
    }
    if let Some(check) = c.health_check() {
        let seconds = |name: &str, n: Option<i32>| n.map(|n| format!(", {name} {n} s")).unwrap_or_default();
        let more = [
            seconds("every", check.interval()),
            seconds("within", check.timeout()),
            check.retries().map(|n| format!(", {n} retries")).unwrap_or_default(),
            seconds("after", check.start_period()),
        ];
        sheet.command(Aspect::HealthCheck, check.command(), &more.concat());
    }
    for other in c.depends_on() {
        sheet.visible(Aspect::DependsOn, other.container_name(), other.condition().as_str());
    }
    sheet.number(Aspect::StartTimeout, c.start_timeout(), "s");
    sheet.number(Aspect::StopTimeout, c.stop_timeout(), "s");
    if let Some(policy) = c.restart_policy() {
        let period = policy.restart_attempt_period().map(|n| format!(", after {n} s")).unwrap_or_default();
        let ignored = match policy.ignored_exit_codes() {
            [] => String::new(),
            codes => format!(", not for exit codes {codes:?}"),
        };
        let on = if policy.enabled() { "on" } else { "off" };
        sheet.visible(Aspect::RestartPolicy, "", &format!("{on}{period}{ignored}"));
    }
    for mount in c.mount_points() {
        let mode = if mount.read_only() == Some(true) { ", read-only" } else { "" };
        let said = format!("volume {}{mode}", mount.source_volume().unwrap_or_default());
        sheet.visible(Aspect::Mount, mount.container_path().unwrap_or_default(), &said);
    }
    for from in c.volumes_from() {
        let mode = if from.read_only() == Some(true) { "read-only" } else { "read and write" };
        sheet.visible(Aspect::VolumesFrom, from.source_container().unwrap_or_default(), mode);
    }
    for limit in c.ulimits() {
        let said = format!("soft {}, hard {}", limit.soft_limit(), limit.hard_limit());
        sheet.visible(Aspect::Ulimit, limit.name().as_str(), &said);
    }
    logging(&mut sheet, c);
    hardening(&mut sheet, c);
    if let Some(credentials) = c.repository_credentials() {
        sheet.visible(Aspect::PullCredentials, "", credentials.credentials_parameter());
    }
    sheet.visible(
        Aspect::VersionConsistency,
        "",
        c.version_consistency().map_or("", |consistency| consistency.as_str()),
    );
    sheet.flag(Aspect::Networking, c.disable_networking().map(|disabled| !disabled));
    sheet.visible(Aspect::Hostname, "", c.hostname().unwrap_or_default());
    let dns: Vec<&str> = c.dns_servers().iter().chain(c.dns_search_domains()).map(String::as_str).collect();
    sheet.visible(Aspect::Dns, "", &dns.join(", "));
    for host in c.extra_hosts() {
        sheet.visible(Aspect::ExtraHost, host.hostname(), host.ip_address());
    }
    sheet.visible(Aspect::Link, "", &c.links().join(", "));
    let terminal = [(c.interactive(), "interactive"), (c.pseudo_terminal(), "terminal")];
    let terminal: Vec<&str> = terminal.iter().filter(|(is, _)| *is == Some(true)).map(|(_, word)| *word).collect();
    sheet.visible(Aspect::Terminal, "", &terminal.join(", "));
    for (name, value) in sorted(c.docker_labels()) {
        sheet.put(Aspect::Label, name, masked(value));
    }
    sheet.0
}

/// `8080/tcp`, and to which port of the host it is bound and by which name it is known.
fn port(p: &sdk::PortMapping) -> (String, String) {
    let range = || p.container_port_range().unwrap_or_default().to_string();
    let number = p.container_port().map_or_else(range, |port| port.to_string());
    let item = format!("{number}/{}", p.protocol().map_or("tcp", |protocol| protocol.as_str()));
    let host = p.host_port().map_or("no fixed host port".to_string(), |port| format!("host port {port}"));
    let name = p.name().map(|name| format!(", {name}")).unwrap_or_default();
    let protocol = p.app_protocol().map(|protocol| format!(", {}", protocol.as_str())).unwrap_or_default();
    (item, format!("{host}{name}{protocol}"))
}

fn logging(sheet: &mut Sheet, c: &sdk::ContainerDefinition) {
    if let Some(log) = c.log_configuration() {
        sheet.visible(Aspect::LogDriver, "", log.log_driver().as_str());
        for (name, value) in sorted(log.options()) {
            if name.starts_with("awslogs-") || HARMLESS_OPTIONS.contains(&name) {
                sheet.redacted(Aspect::LogOption, name, value);
            } else {
                sheet.put(Aspect::LogOption, name, masked(value));
            }
        }
        for secret in log.secret_options() {
            sheet.visible(Aspect::LogSecret, secret.name(), secret.value_from());
        }
    }
    if let Some(router) = c.firelens_configuration() {
        let kind = router.r#type().as_str();
        let options = sorted(router.options());
        let raw = if options.is_empty() { kind.to_string() } else { format!("{kind} {options:?}") };
        sheet.put(Aspect::LogRouter, "", shown(&raw, kind));
    }
}

/// What the container may do to its host.
fn hardening(sheet: &mut Sheet, c: &sdk::ContainerDefinition) {
    sheet.flag(Aspect::ReadOnlyRoot, c.readonly_root_filesystem());
    sheet.flag(Aspect::Privileged, c.privileged());
    if let Some(linux) = c.linux_parameters() {
        let mut seen: Vec<String> = Vec::new();
        if let Some(capabilities) = linux.capabilities() {
            seen.extend(capabilities.add().iter().map(|name| format!("+{name}")));
            seen.extend(capabilities.drop().iter().map(|name| format!("-{name}")));
        }
        let said = |name: &str, n: Option<i32>| n.map(|n| format!("{name} {n}"));
        seen.extend(linux.init_process_enabled().map(|on| format!("init {}", if on { "on" } else { "off" })));
        seen.extend(said("shared memory", linux.shared_memory_size()));
        seen.extend(said("swap", linux.max_swap()));
        seen.extend(said("swappiness", linux.swappiness()));
        seen.extend(linux.tmpfs().iter().map(|t| format!("tmpfs {} {} MiB", t.container_path(), t.size())));
        seen.extend(linux.devices().iter().map(|device| format!("device {}", device.host_path())));
        let seen = seen.join(", ");
        sheet.put(Aspect::Linux, "", shown(&format!("{seen} {linux:?}"), &seen));
    }
    for parameter in c.system_controls() {
        let name = parameter.namespace().unwrap_or_default();
        sheet.visible(Aspect::KernelParameter, name, parameter.value().unwrap_or_default());
    }
    sheet.redacted(Aspect::SecurityOption, "", &c.docker_security_options().join(", "));
    sheet.visible(Aspect::CredentialSpec, "", &c.credential_specs().join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::compare::{Comparison, FieldChange};

    /// A definition whose every value that may be secret is this one.
    fn definition(secret: &str) -> sdk::TaskDefinition {
        let pair = |name: &str| sdk::KeyValuePair::builder().name(name).value(secret).build();
        let log = sdk::LogConfiguration::builder()
            .log_driver("splunk".into())
            .options("splunk-token", secret)
            .options("awslogs-group", "/ecs/x")
            .options("awslogs-datetime-format", format!("token={secret}"))
            .build();
        let router = sdk::FirelensConfiguration::builder().r#type("fluentbit".into()).options("key", secret).build();
        let check = sdk::HealthCheck::builder()
            .command("CMD-SHELL")
            .command(format!("curl -H 'Authorization: Bearer {secret}' x"));
        let proxy = sdk::ProxyConfiguration::builder().container_name("envoy").properties(pair("KEY")).build();
        let docker = sdk::DockerVolumeConfiguration::builder()
            .driver_opts("o", format!("password={secret}"))
            .labels("l", secret);
        sdk::TaskDefinition::builder()
            .task_definition_arn("arn:aws:ecs:eu-west-1:1:task-definition/api:2")
            .proxy_configuration(proxy.unwrap())
            .volumes(sdk::Volume::builder().name("data").docker_volume_configuration(docker.build()).build())
            .container_definitions(
                sdk::ContainerDefinition::builder()
                    .name("app")
                    .image("r/app:1")
                    .environment(pair("PASSWORD"))
                    .environment(pair("HARMLESS"))
                    .docker_labels("com.example", secret)
                    .command(format!("--token={secret}"))
                    .command("--password")
                    .command(secret)
                    .entry_point("sh")
                    .entry_point("-c")
                    .entry_point(format!("run --api-key  {secret} --verbose"))
                    .log_configuration(log.unwrap())
                    .firelens_configuration(router.unwrap())
                    .health_check(check.build().unwrap())
                    .docker_security_options(format!("password:{secret}"))
                    .build(),
            )
            .build()
    }

    #[test]
    fn no_value_that_may_be_secret_is_told_and_a_change_of_each_is_seen() {
        let (one, other) = (revision(&definition("hunter2hunter2")), revision(&definition("swordfish-9")));
        for revision in [&one, &other] {
            let told = format!("{revision:?}");
            assert!(!told.contains("hunter2") && !told.contains("swordfish"), "{told}");
            assert!(told.contains("PASSWORD") && told.contains("/ecs/x") && told.contains("--verbose"), "{told}");
        }
        let comparison = Comparison::of(&one, &other);
        let rows = comparison.sections.iter().flat_map(|section| &section.rows);
        let changed: Vec<String> =
            rows.filter(|row| row.change() == FieldChange::Changed).map(|row| row.label()).collect();
        assert_eq!(
            changed,
            [
                "environment HARMLESS",
                "environment PASSWORD",
                "entry point",
                "command",
                "health check",
                "log option awslogs-datetime-format",
                "log option splunk-token",
                "log router",
                "security option",
                "label com.example",
                "volume data",
                "proxy",
            ]
        );
        assert_eq!(Comparison::of(&one, &revision(&definition("hunter2hunter2"))).counts().differing(), 0);
    }

    #[test]
    fn a_command_keeps_its_words_and_loses_its_secrets() {
        for (words, seen) in [
            (&["serve", "--port", "80"][..], &["serve", "--port", "80"][..]),
            (&["--password", "hunter2", "--verbose"], &["--password", "<redacted>", "--verbose"]),
            (&["run --api-key  hunter2\n --x"], &["run --api-key  <redacted>\n --x"]),
            (&["run --token 'hunter2 and more' --x y"], &["run --token <redacted> --x y"]),
            (&["run --token 'hunter2 and", "more"], &["run --token <redacted> ", "more"]),
            (&["--token", "--verbose"], &["--token", "<redacted>"]),
            (&["it  keeps\ttabs "], &["it  keeps\ttabs "]),
            (&["PGPASSWORD=hunter2 psql"], &["PGPASSWORD=<redacted> psql"]),
            (&["psql postgres://a:hunter2@db/x"], &["psql postgres://a:<redacted>@db/x"]),
        ] {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            assert_eq!(without_secrets(&words), seen);
        }
    }

    #[test]
    fn what_is_not_secret_is_told_in_words() {
        let port =
            sdk::PortMapping::builder().container_port(8080).host_port(0).protocol("udp".into()).name("web").build();
        let check = sdk::HealthCheck::builder().command("CMD").command("true").interval(30).retries(3).build().unwrap();
        let container = sdk::ContainerDefinition::builder()
            .name("app")
            .image("r/app:1")
            .memory_reservation(256)
            .port_mappings(port)
            .health_check(check)
            .command("serve it")
            .secrets(
                sdk::Secret::builder().name("DB").value_from("arn:aws:secretsmanager:x:1:secret:db").build().unwrap(),
            )
            .mount_points(sdk::MountPoint::builder().container_path("/d").source_volume("v").read_only(true).build())
            .ulimits(sdk::Ulimit::builder().name("nofile".into()).soft_limit(1).hard_limit(2).build().unwrap())
            .build();
        let definition = sdk::TaskDefinition::builder()
            .cpu("512")
            .memory("1024")
            .runtime_platform(sdk::RuntimePlatform::builder().cpu_architecture("ARM64".into()).build())
            .container_definitions(container)
            .build();
        let read = revision(&definition);
        let said = |fields: &Fields| -> Vec<String> {
            fields.iter().map(|((aspect, item), value)| format!("{} {item}={}", aspect.label(), value.text())).collect()
        };
        assert_eq!(said(&read.task), ["CPU =512", "memory =1024 MiB", "platform =ARM64"]);
        assert_eq!(
            said(&read.containers[0].1),
            [
                "image =r/app:1",
                "secret DB=arn:aws:secretsmanager:x:1:secret:db",
                "command =[\"serve it\"]",
                "memory reservation =256 MiB",
                "essential =yes",
                "port 8080/udp=host port 0, web",
                "health check =[\"CMD\",\"true\"], every 30 s, 3 retries",
                "mount /d=volume v, read-only",
                "ulimit nofile=soft 1, hard 2",
            ]
        );
    }

    #[test]
    fn fields_of_the_same_name_are_all_kept() {
        let port = |host| sdk::PortMapping::builder().container_port(80).host_port(host).build();
        let ports = |hosts: &[i32]| {
            let container = hosts
                .iter()
                .fold(sdk::ContainerDefinition::builder().name("app"), |c, host| c.port_mappings(port(*host)));
            revision(&sdk::TaskDefinition::builder().container_definitions(container.build()).build())
        };
        let comparison = Comparison::of(&ports(&[8000, 8001]), &ports(&[8000, 8001, 8002]));
        let (rows, counts) = (&comparison.sections[0].rows, comparison.counts());
        assert_eq!((rows[2].label(), rows[3].label()), ("port 80/tcp (2)".to_string(), "port 80/tcp (3)".to_string()));
        assert_eq!((counts.added, counts.differing()), (1, 1));
    }

    #[test]
    fn an_empty_definition_is_read_without_a_panic() {
        let container = sdk::ContainerDefinition::builder().build();
        let read = revision(&sdk::TaskDefinition::builder().container_definitions(container).build());
        assert!(read.task.is_empty() && read.containers.len() == 1);
    }

    #[test]
    fn a_text_that_is_cut_for_the_screen_still_differs_at_its_end() {
        let long = |end: &str| {
            let command = format!("{}{end}", "x".repeat(9_000));
            let container = sdk::ContainerDefinition::builder().name("app").command(command).build();
            revision(&sdk::TaskDefinition::builder().container_definitions(container).build())
        };
        assert_eq!(Comparison::of(&long("a"), &long("b")).counts().changed, 1);
        assert_eq!(Comparison::of(&long("a"), &long("a")).counts().changed, 0);
    }
}
