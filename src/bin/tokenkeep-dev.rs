//! The reference server's command line.
fn main() {}
