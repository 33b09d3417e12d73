//! How the console gets to a cache: `[environment.NAME.cache.CACHE]`.

use super::cache::Endpoint;
use super::schema::document::{Document, Item, Value, in_order};
use super::schema::table;

table! {
    /// How the console gets to a cache of an environment, as the operator configured it. Without it:
    /// the endpoints of AWS, TLS as the group says, no password.
    #[derive(Clone, Debug, PartialEq)]
    pub struct CacheAccess {
        /// Instead of the endpoint that AWS tells.
        endpoint: Option<Endpoint> = None, read_endpoint,
            "host:port; as AWS says", "the mouth of a tunnel";
        /// Instead of node addresses that the cluster tells.
        nodes: Vec<(Endpoint, Endpoint)> = Vec::new(), read_nodes,
            "table; as the cluster says", "a tunnel for each node: \"10.0.1.5:6379\" = \"127.0.0.1:7002\"";
        /// `None`: as the group says.
        tls: Option<bool> = None, Document::boolean,
            "boolean; as the group says", "TLS to the cache";
        ca_file: Option<String> = None, Document::filled,
            "path", "certificates to trust besides the system's, PEM";
        /// Over a tunnel, too, that of AWS's endpoint is used where there is none.
        server_name: Option<String> = None, Document::filled,
            "string; AWS's endpoint", "the name that the certificate must be for";
        verify: bool = true, Document::boolean,
            "boolean; true", "`false` takes any certificate; the plan says so";
        user: Option<String> = None, Document::filled,
            "string", "the user, where the cache has users";
        password_command: Option<Vec<String>> = None, read_command,
            "list of strings", "a program and its arguments; the first line that it prints";
        password_env: Option<String> = None, Document::filled,
            "string", "the environment variable that has the password";
        secret_id: Option<String> = None, Document::filled,
            "string", "the secret of Secrets Manager that has the password";
        secret_key: Option<String> = None, Document::filled,
            "string; the whole secret", "the key of the secret's JSON";
        iam: bool = false, Document::boolean,
            "boolean; false", "a token of our AWS credentials instead of a password; needs `user`";
    }
    check CacheAccess::check_password;
    // A password in the file would be a secret in the config.
    refused "password", "a password does not belong into this file",
        "name where it is: password_command, password_env or secret_id";
}

impl CacheAccess {
    /// Where the password comes from, where there is one.
    pub fn secret(&self) -> Option<SecretSource> {
        let command = self.password_command.clone().map(SecretSource::Command);
        let variable = || self.password_env.clone().map(SecretSource::Variable);
        let secret = || self.secret_id.clone().map(|id| SecretSource::Secret { id, key: self.secret_key.clone() });
        command.or_else(variable).or_else(secret).or_else(|| self.iam.then_some(SecretSource::Iam))
    }

    fn check_password(&mut self, document: &mut Document, items: &[Item]) {
        let is_source = |key: &str| match key {
            "password_command" => self.password_command.is_some(),
            "password_env" => self.password_env.is_some(),
            "secret_id" => self.secret_id.is_some(),
            "iam" => self.iam,
            _ => false,
        };
        let span = |wanted: &str| items.iter().find(|(key, ..)| *key == wanted).map(|(_, span, _)| span.clone());
        let mut sources = items.iter().filter(|(key, ..)| is_source(key)).map(|(_, span, _)| span.clone());
        if let Some(second) = sources.nth(1) {
            document.complain(second, "the password comes from two places", "keep one of them");
        }
        if let (Some(span), true, None) = (span("iam"), self.iam, &self.user) {
            document.complain(span, "`iam` needs a `user`", "name the ElastiCache user: it is part of the token");
        }
        if let (Some(span), Some(_), None) = (span("secret_key"), &self.secret_key, &self.secret_id) {
            document.complain(span, "`secret_key` needs a `secret_id`", "name the secret that has the key");
        }
    }
}

/// Where the password comes from; never the password itself.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretSource {
    /// The first line that a program prints.
    Command(Vec<String>),
    Variable(String),
    /// A secret of Secrets Manager, and the key of its JSON if it has one.
    Secret {
        id: String,
        key: Option<String>,
    },
    /// A token made of our AWS credentials (ElastiCache "IAM auth", Redis 7 and newer).
    Iam,
}

impl SecretSource {
    /// For a plan: where it is taken from.
    pub fn words(&self) -> String {
        match self {
            Self::Command(argv) => format!("from {}", argv.first().map_or("a command", String::as_str)),
            Self::Variable(name) => format!("from ${name}"),
            Self::Secret { id, key: Some(key) } => format!("from secret {id}, key {key}"),
            Self::Secret { id, key: None } => format!("from secret {id}"),
            Self::Iam => "IAM token".to_string(),
        }
    }
}

fn read_endpoint(document: &mut Document, key: &str, value: &Value) -> Option<Endpoint> {
    let text = document.filled(key, value)?;
    let endpoint = Endpoint::parse(&text);
    if endpoint.is_none() {
        document.complain(value.span(), format!("`{text}` is no host:port"), "write it as \"127.0.0.1:7001\"");
    }
    endpoint
}

fn read_nodes<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<Vec<(Endpoint, Endpoint)>> {
    let mut nodes = Vec::new();
    for (node, span, value) in in_order(document.table(key, value)?) {
        match Endpoint::parse(node) {
            Some(told) => nodes.extend(read_endpoint(document, node, value).map(|tunnel| (told, tunnel))),
            None => document.complain(span, format!("`{node}` is no host:port"), "write it as \"10.0.1.5:6379\""),
        }
    }
    Some(nodes)
}

fn read_command<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<Vec<String>> {
    let argv = document.strings(key, value).unwrap_or_default();
    if argv.is_empty() {
        document.complain(value.span(), "`password_command` names no program", "write [\"program\", \"argument\"]");
        return None;
    }
    Some(argv.into_iter().map(|(word, _)| word).collect())
}
