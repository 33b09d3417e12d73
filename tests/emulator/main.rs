//! The adapter to AWS through the real SDK, against an emulator on the loopback interface. The
//! emulator counts what arrives, so "not sent" and "sent once" are proved where it matters.

mod alarms;
mod caches;
mod changes;
mod compare;
mod console;
mod console_cache;
mod console_data;
#[path = "../it/contract.rs"]
mod contract;
mod credentials;
mod databases;
mod deploy_image;
mod distributions;
mod environment_overview;
mod faults;
mod harness;
mod insights;
mod logs;
mod metrics;
mod one_off;
mod queues;
mod read_result;
mod reads;
mod recorder;
mod rollback;
#[allow(dead_code, reason = "the unit tests of the keyspace need more of it")]
mod servers;
mod sessions;
mod target_health;
mod tasks;
#[path = "../pty/terminal.rs"]
#[allow(dead_code)]
mod terminal;
mod timeline;
