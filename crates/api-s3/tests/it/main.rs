//! The S3 door as its clients see it: signed requests in, replies out, over a store in memory. No sockets.

mod bodies;
mod bucket_locks;
mod buckets;
mod chunked;
mod conditions;
mod copy;
mod cors;
mod fixture;
mod forms;
mod hoisting;
mod hostile;
mod lifecycle;
mod locks;
mod log;
mod multipart;
mod objects;
mod oracle;
mod refusals;
mod rules;
mod secrets;
mod settings;
mod temporary;
mod tokens;
mod unbuilt;
mod upload_limits;
mod versions;
