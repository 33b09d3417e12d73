//! Everything that needs neither AWS nor a terminal, in one binary.

mod architecture;
mod chaos;
mod config;
mod contract;
mod demo;
mod drive;
mod estate;
mod fixtures;
mod insights;
mod keymap;
mod logs;
mod metrics;
mod picture;
mod scenario;
mod screens;
mod tail;
mod theme;
