//! Everything that needs neither AWS nor a terminal, in one binary.

mod architecture;
mod chaos;
mod compare;
mod config;
mod contract;
mod demo;
mod drive;
mod estate;
mod fixtures;
mod insights;
mod keymap;
mod logs;
mod picture;
mod recorder;
mod rollback;
mod scenario;
mod screens;
mod sessions;
mod tail;
mod theme;
mod undo;
