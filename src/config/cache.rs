//! How the console gets to a cache: `[environment.NAME.cache.CACHE]`.

use std::ops::Range;

use toml::de::DeTable;

use super::document::{Document, Value, in_order};
use super::entry::Key;
use crate::domain::cache::{CacheAccess, Endpoint, SecretSource};

/// Keys of a cache of an environment.
pub const KEYS: &[Key] = &[
    ("endpoint", "host:port; as AWS says", "the mouth of a tunnel"),
    ("nodes", "table; as the cluster says", "a tunnel for each node: \"10.0.1.5:6379\" = \"127.0.0.1:7002\""),
    ("tls", "boolean; as the group says", "TLS to the cache"),
    ("ca_file", "path", "certificates to trust besides the system's, PEM"),
    ("server_name", "string; AWS's endpoint", "the name that the certificate must be for"),
    ("verify", "boolean; true", "`false` takes any certificate; the plan says so"),
    ("user", "string", "the user, where the cache has users"),
    ("password_command", "list of strings", "a program and its arguments; the first line that it prints"),
    ("password_env", "string", "the environment variable that has the password"),
    ("secret_id", "string", "the secret of Secrets Manager that has the password"),
    ("secret_key", "string; the whole secret", "the key of the secret's JSON"),
    ("iam", "boolean; false", "a token of our AWS credentials instead of a password; needs `user`"),
];

/// Reads one table; what is wrong in it is complained of.
pub fn parse<'a>(document: &mut Document<'a>, table: &DeTable<'a>) -> CacheAccess {
    let mut access = CacheAccess::default();
    let mut sources: Vec<(Range<usize>, SecretSource)> = Vec::new();
    let mut secret_key = None;
    let mut iam = None;
    for (key, span, value) in in_order(table) {
        match key {
            "endpoint" => access.endpoint = endpoint(document, key, value),
            "nodes" => {
                for (node, span, value) in document.table(key, value).map(in_order).unwrap_or_default() {
                    let Some(told) = Endpoint::parse(node) else {
                        document.complain(span, format!("`{node}` is no host:port"), "write it as \"10.0.1.5:6379\"");
                        continue;
                    };
                    access.nodes.extend(endpoint(document, node, value).map(|tunnel| (told, tunnel)));
                }
            }
            "tls" => access.tls = document.boolean(key, value),
            "verify" => access.unverified = document.boolean(key, value) == Some(false),
            "ca_file" => access.ca_file = document.filled(key, value),
            "server_name" => access.server_name = document.filled(key, value).map(Into::into),
            "user" => access.user = document.filled(key, value).map(Into::into),
            "password_command" => {
                let argv = document.strings(key, value).unwrap_or_default();
                let argv: Vec<String> = argv.into_iter().map(|(word, _)| word).collect();
                if argv.is_empty() {
                    document.complain(
                        value.span(),
                        "`password_command` names no program",
                        "write [\"program\", \"argument\"]",
                    );
                } else {
                    sources.push((span, SecretSource::Command(argv)));
                }
            }
            "password_env" => {
                sources.extend(document.filled(key, value).map(|name| (span, SecretSource::Variable(name))));
            }
            "secret_id" => {
                sources.extend(document.filled(key, value).map(|id| (span, SecretSource::Secret { id, key: None })));
            }
            "secret_key" => secret_key = document.filled(key, value).map(|key| (span, key)),
            "iam" => {
                if document.boolean(key, value) == Some(true) {
                    iam = Some(span.clone());
                    sources.push((span, SecretSource::Iam));
                }
            }
            // A password in the file would be a secret in the config.
            "password" => document.complain(
                span,
                "a password does not belong into this file",
                "name where it is: password_command, password_env or secret_id",
            ),
            _ => {
                let names: Vec<&str> = KEYS.iter().map(|(name, ..)| *name).collect();
                document.unknown(span, "key", key, &names);
            }
        }
    }
    if let (Some(span), None) = (iam, &access.user) {
        document.complain(span, "`iam` needs a `user`", "name the ElastiCache user: it is part of the token");
    }
    if sources.len() > 1 {
        let span = sources[1].0.clone();
        document.complain(span, "the password comes from two places", "keep one of them");
    }
    access.secret = sources.into_iter().next().map(|(_, source)| source);
    if let Some((span, key)) = secret_key {
        match &mut access.secret {
            Some(SecretSource::Secret { key: slot, .. }) => *slot = Some(key),
            _ => document.complain(span, "`secret_key` needs a `secret_id`", "name the secret that has the key"),
        }
    }
    access
}

fn endpoint(document: &mut Document, key: &str, value: &Value) -> Option<Endpoint> {
    let text = document.filled(key, value)?;
    let endpoint = Endpoint::parse(&text);
    if endpoint.is_none() {
        document.complain(value.span(), format!("`{text}` is no host:port"), "write it as \"127.0.0.1:7001\"");
    }
    endpoint
}
