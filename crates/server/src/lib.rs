//! Configuration, listeners, doors by host, limits, shutdown. The only place where parts meet.
