//! Everything that needs neither AWS nor a terminal, in one binary.

mod architecture;
mod drive;
mod fixtures;
mod keymap;
mod scenario;
