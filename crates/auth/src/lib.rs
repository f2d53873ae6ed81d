//! Who calls and what they may do: access keys and scopes to a decision. Pure.
