//! The adapter to AWS through the real SDK, against an emulator on the loopback interface. The
//! emulator counts what arrives, so "not sent" and "sent once" are proved where it matters.

mod changes;
mod console;
mod console_data;
#[path = "../it/contract.rs"]
mod contract;
mod credentials;
mod databases;
mod distributions;
mod faults;
mod harness;
mod reads;
#[path = "../pty/terminal.rs"]
#[allow(dead_code)]
mod terminal;
mod told;
