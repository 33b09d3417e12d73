//! midwatch: a full-screen terminal console for AWS operations, for the engineer on call.
//!
//! # The house
//!
//! One owner of the state, one closed list of messages, a synchronous `update`, effects as data,
//! a pure `view`. Remote work is derived from the state: [`app::subs`] says which reads should be
//! running, the runtime starts what is new and cancels what is gone. Nobody starts a poll by hand,
//! so leaving an environment cancels everything of it, and two panes that want the same data
//! share one request.
//!
//! Imports go one way, and a test holds them to it:
//!
//! ```text
//! domain ← port ← kinds ← diagnosis ← app ← ui ← runtime ← cli ← main
//!          logs                                     (sees domain; those from port on see it)
//!          settings                                 (sees domain and logs; those from kinds on see it)
//!                 keymap  theme  config             (beside kinds)
//!          aws  demo                                (see domain, logs, port, kinds; only main names them)
//! ```
//!
//! | room | what lives there |
//! |---|---|
//! | [`domain`] | the words of the trade as types: environments, services, faults, calls, text from outside |
//! | [`port`] | the trait [`port::Cloud`]: all that the console needs from a cloud |
//! | [`logs`] | a live tail of logs: merged, kept within bounds, filtered, counted, read |
//! | [`kinds`] | one declaration per kind of resource and per action; everything else derives from them |
//! | [`diagnosis`] | what is wrong: the findings of all rules, which explains which, their order |
//! | [`app`] | state, messages, update, subscriptions, the road of an action; [`app::views`] has a folder and a line for each view |
//! | [`ui`] | the screen as a function of the state; a file for each view and pane of `app` |
//! | [`settings`] | what a person may choose of the console, a row for each key |
//! | [`keymap`] [`theme`] [`config`] | files: parse, layer, validate, explain |
//! | [`runtime`] | the loop, the terminal, input, frames, the registry of reads, the sending of changes |
//! | `aws` | the port over the AWS SDK (feature `aws`) |
//! | [`demo`] | the port over a simulated estate |
//! | [`journal`] [`recorder`] [`jsonl`] | files of what was done and seen: appended to, private, shared by consoles |
//! | [`cli`] | arguments, and what needs no screen: status, check, keys, policy, journal |
//!
//! # What always holds
//!
//! 1. `domain`, `logs`, `kinds`, `app` and `ui` have no clock, no I/O and no chance in them: time
//!    and data come in as arguments.
//! 2. Only [`app::action`] can make the effect that changes AWS, and only by way of guard, plan,
//!    confirmation and journal.
//! 3. No channel is unbounded, nothing is spawned outside [`runtime`], no lock is shared between
//!    the screen and the tasks.
//! 4. Every text from outside becomes a [`domain::text::Text`] or a [`logs::event::Event`], which
//!    clean it, before it can reach the screen, the clipboard or a file.
//! 5. An error never erases data. Every datum has its session and its time.
//! 6. No secret in config, journal, trace, screen or arguments. (A session-manager-plugin of before
//!    1.2.498 takes a session's token no other way than as an argument; the plan says so.)
//! 7. A file has one subject and stays, tests aside, under 600 lines.
//! 8. Only its own folders and the registries name a kind; all others ask [`kinds`] for what it declares.
//!
//! # The road of an action
//!
//! `key → guard → plan → confirm → journal the intent → call once → journal the outcome → watch →
//! verdict`. The guard says why not; the plan is made of fresh reads; a confirmation counts only
//! when the plan was on the screen; the facts are read once more before the call; after a timeout
//! the word is "unknown", and reading AWS settles it.

pub mod app;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cli;
pub mod config;
pub mod demo;
pub mod diagnosis;
pub mod domain;
pub mod journal;
pub mod jsonl;
pub mod keymap;
pub mod kinds;
pub mod logs;
pub mod paths;
pub mod port;
pub mod recorder;
pub mod runtime;
pub mod settings;
pub mod theme;
pub mod trace;
pub mod ui;
