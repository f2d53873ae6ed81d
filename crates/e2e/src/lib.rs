//! One test binary: the real server, driven by official SDKs and a real browser. Dev only.
