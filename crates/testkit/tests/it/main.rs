//! The kit itself: wrappers without a plan keep the contracts of what they wrap, and plans do what they say.

mod faults;
mod model;
