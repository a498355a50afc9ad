//! The chores of the repository: `cargo xtask demo|test|build|lint|bench|size`.
fn main() {}
