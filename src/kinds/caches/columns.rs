//! The cells of a cache's row, its entry in `status --json`, and its page in the web console.

use serde_json::{Value, json};

use super::AVAILABLE;
use crate::domain::cache::{Auth, Cache, Form};
use crate::domain::format::count;
use crate::domain::health::Health;
use crate::domain::text::Text;
use crate::kinds::cell::{Cell, Tone};
use crate::kinds::kind::RenderContext;

pub fn name(cache: &Cache, _: RenderContext) -> Cell {
    Cell::text(cache.name.as_str(), Tone::Strong)
}

/// Its own name and those of its nodes, by which CloudWatch keeps their metrics.
pub fn names(cache: &Cache) -> Vec<Text> {
    std::iter::once(&cache.name).chain(cache.nodes.iter().map(|node| &node.name)).cloned().collect()
}

pub fn status(cache: &Cache, look: RenderContext) -> Cell {
    let health = look.diagnosis.health;
    Cell::text(cache.status.as_str(), if health == Health::Ok { Tone::Dim } else { health.into() })
}

/// `3×2 nodes` (shards, nodes of each); `2 nodes`; `serverless`.
pub fn shape_words(cache: &Cache) -> String {
    let nodes = count(cache.nodes.len(), "node");
    match cache.form {
        Form::Serverless => "serverless".to_string(),
        Form::Group { sharded: true } => {
            let shards = (cache.shards as usize).max(1);
            if cache.nodes.len().is_multiple_of(shards) {
                format!("{shards}×{} nodes", cache.nodes.len() / shards)
            } else {
                format!("{}, {nodes}", count(shards, "shard"))
            }
        }
        Form::Group { sharded: false } | Form::Cluster => nodes,
    }
}

/// What it is while it is well, and how it is while it is not.
pub fn state(cache: &Cache, look: RenderContext) -> Cell {
    let health = look.diagnosis.health;
    if health == Health::Ok || cache.status == AVAILABLE {
        Cell::text(shape_words(cache), if health.is_wrong() { health.into() } else { Tone::Plain })
    } else {
        Cell::text(cache.status.as_str(), health.into())
    }
}

pub fn engine(cache: &Cache, _: RenderContext) -> Cell {
    Cell::text(format!("{} {}", cache.engine, cache.version), Tone::Plain)
}

pub fn class(cache: &Cache, _: RenderContext) -> Cell {
    if cache.class.is_empty() { Cell::nothing() } else { Cell::text(cache.class.as_str(), Tone::Plain) }
}

pub fn tls(cache: &Cache, _: RenderContext) -> Cell {
    match (cache.tls, cache.tls_mode.as_str()) {
        (true, "preferred") => Cell::text("preferred", Tone::Plain),
        (true, _) => Cell::text("yes", Tone::Plain),
        (false, _) => Cell::text("no", Tone::Dim),
    }
}

pub fn auth(cache: &Cache, _: RenderContext) -> Cell {
    let tone = if cache.auth == Auth::None { Tone::Dim } else { Tone::Plain };
    Cell::text(cache.auth.word(), tone)
}

pub fn failover(cache: &Cache, _: RenderContext) -> Cell {
    if cache.failover.is_empty() {
        return Cell::nothing();
    }
    let tone = if cache.failover == "enabled" { Tone::Plain } else { Tone::Dim };
    Cell::text(cache.failover.as_str(), tone)
}

/// The cache's entry in `status --json`; `health` and `why` are added to every kind's entry.
///
/// | member | type | meaning |
/// |---|---|---|
/// | `name`, `arn` | string | as AWS calls them |
/// | `form` | string | `group`, `cluster`, `serverless` |
/// | `engine`, `version`, `class`, `status` | string | as AWS calls them; `class` null for serverless |
/// | `shards` | number | 0 where AWS has none |
/// | `nodes` | list | name, shard, role (`primary`, `replica`, null where not told), zone, status |
/// | `tls` | boolean | encryption in transit |
/// | `auth` | string | `none`, `token`, `users` |
/// | `failover`, `multi_az` | string | as AWS tells them; null where it does not apply |
/// | `endpoint` | string | `host:port` for writes; null while there is none |
pub fn json(cache: &Cache, _: RenderContext) -> Value {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_string());
    let nodes = cache.nodes.iter().map(|node| {
        json!({
            "name": node.name,
            "shard": said(&node.shard),
            "role": node.primary.map(|primary| if primary { "primary" } else { "replica" }),
            "zone": said(&node.zone),
            "status": said(&node.status),
        })
    });
    json!({
        "name": cache.name,
        "arn": cache.id.0,
        "form": match cache.form { Form::Group { .. } => "group", Form::Cluster => "cluster", Form::Serverless => "serverless" },
        "engine": cache.engine,
        "version": cache.version,
        "class": said(&cache.class),
        "status": cache.status,
        "shards": cache.shards,
        "nodes": nodes.collect::<Vec<_>>(),
        "tls": cache.tls,
        "auth": match cache.auth { Auth::None => "none", Auth::Token => "token", Auth::Users => "users" },
        "failover": said(&cache.failover),
        "multi_az": said(&cache.multi_az),
        "endpoint": cache.endpoint.as_ref().map(ToString::to_string),
    })
}

/// The cache's page in the AWS web console.
pub fn console_url(cache: &Cache, region: &str) -> String {
    let engine = if cache.is_memcached() { "memcached" } else { &cache.engine };
    let page = match cache.form {
        Form::Serverless => format!("serverless/{}", cache.name),
        Form::Group { .. } | Form::Cluster => format!("{engine}/{}", cache.name),
    };
    format!("https://{region}.console.aws.amazon.com/elasticache/home?region={region}#/{page}")
}
