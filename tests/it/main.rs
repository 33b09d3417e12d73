//! Everything that needs neither AWS nor a terminal, in one binary.

mod alarms;
mod architecture;
mod chaos;
mod compare;
mod config;
mod contract;
mod demo;
mod deploy_image;
mod drive;
mod estate;
mod fixtures;
mod insights;
mod keymap;
mod logs;
mod metrics;
mod one_off;
mod picture;
mod recorder;
mod rollback;
mod scenario;
mod screens;
mod sessions;
mod tail;
mod theme;
mod timeline;
mod undo;
