//! The table of configuration keys, and the reference page made from it.

use std::fmt::Write as _;

/// One key of the file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name in the file.
    pub name: &'static str,
    /// Its value when it is absent; a key without one is required or has no effect.
    pub default: Option<&'static str>,
    /// What it means, for the reference.
    pub help: &'static str,
}

impl Key {
    /// The name of the environment variable that overrides it.
    #[must_use]
    pub fn environment(&self) -> String {
        format!("LARDER_{}", self.name.to_uppercase())
    }
}

const fn key(name: &'static str, default: Option<&'static str>, help: &'static str) -> Key {
    Key { name, default, help }
}

/// Every key there is.
pub const KEYS: &[Key] = &[
    key("data", None, "Folder of the data. Required."),
    key(
        "credentials",
        None,
        "File of the tokens that may call, as `larder token new` prints them. Required; there is no default credential.",
    ),
    key(
        "hosts",
        None,
        "List of the names that clients use, with the port where it is not the scheme's own: `files.example.com`, `10.0.0.5:9000`. Required where there is no `public_url`; at most 10 with its names. A signature made for any of them is accepted; the address of `listen` is one of them unless it is `0.0.0.0` or `[::]`.",
    ),
    key(
        "public_url",
        None,
        "List of the URLs at which clients reach the server through proxies, without path: `https://files.example.com`, `http://files.example.com:8080`. Their names count as `hosts`, so that a signature made for one holds whatever port or name of ours the proxy puts into `Host`. `docs/proxies.md` has configurations.",
    ),
    key(
        "trusted_proxies",
        None,
        "List of the addresses of proxies, alone or as ranges (`10.0.0.5`, `10.1.0.0/16`), that are believed when `X-Forwarded-For` or `Forwarded` says whose request they pass on. The client is the last one there that is no such proxy. Everybody else's headers are not read, and without this key nobody's are. It counts for the condition `request_ip` of API tokens; `docs/proxies.md` has more.",
    ),
    key("listen", Some("127.0.0.1:9000"), "Address and port to listen on; port 0 picks a free one."),
    key(
        "encryption_keys",
        None,
        "File of keys to encrypt bodies with at rest: lines of a name and the base64 of 32 random bytes, which `openssl rand -base64 32` makes. The first is in use; the others open what was stored before, and stay for as long as any of it does. The lines can be in the environment instead, in `LARDER_ENCRYPTION_KEY_LINES`; a file is safer. Without keys, bodies are stored as they are, but for those that clients bring a key for. The first key also seals the secrets of stored API tokens and of incremental migrations, which otherwise a key of the server's own does, `token-key` in the data folder.",
    ),
    key(
        "account_id",
        None,
        "Account id of a new data folder, 32 lower-case hexadecimal characters; a random one when absent.",
    ),
    key(
        "strict_r2",
        Some("false"),
        "Whether R2's behaviour holds to the letter: `true`, `false`, or a list of the buckets where it does. Larder then does no more than R2: no versions, tags and forms, 204 for preflights, checksums in presigned queries enforced, `Quiet` ignored, concurrent writes to one key limited.",
    ),
    key(
        "inline_max",
        Some("1 MiB"),
        "Bodies up to this size are kept in the commit log, larger ones in files of their own; at most 4 MiB.",
    ),
    key(
        "upload_memory",
        Some("32 MiB"),
        "Memory for bodies that wait for their commit; beyond it they go to files, whatever their size.",
    ),
    key("index_cache", Some("16 MiB"), "Memory for the index's cache."),
    key("segment", Some("256 MiB"), "Size of one file of the commit log, 32 MiB to 4 GiB."),
    key(
        "reserve_free",
        Some("1 GiB"),
        "Free disk space that uploads leave alone, so that deletes and reads go on when the disk is full.",
    ),
    key(
        "audit_retention",
        Some("90d"),
        "How long the audit log is kept, at least a minute. `docs/audit.md` says what is in it.",
    ),
    key(
        "audit_size",
        Some("64 MiB"),
        "How much of the audit log is kept: so much of changes and as much of refused requests, the newest, at least 1 MiB.",
    ),
    key("audit_refused", Some("true"), "Whether the audit log tells of refused requests: `true` or `false`."),
    key(
        "key_rate",
        None,
        "How many requests each access key may make in a second, and how many at once after a pause: `100/s`, where as many come at once, or `100/s burst 300`. A list has limits of single keys, too: `[\"100/s\", \"<access key id>=5/s burst 20\"]`. Temporary credentials count as the key that they are of. A key without a limit has none.",
    ),
    key("connections_max", Some("4096"), "Most connections at a time; further ones wait."),
    key("body_idle", Some("60s"), "How long a request's body may pause before the request is given up."),
];

/// The reference page, `docs/config.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         `larder serve --config FILE` reads one TOML file. Each key may be overridden by an environment variable; lists are\n\
         comma-separated there. Sizes carry a unit (`KiB`, `MiB`, `GiB`), durations too (`ms`, `s`, `min`, `h`, `d`). An unknown key is an\n\
         error. This page is made from the code; a test keeps it so.\n\n\
         | Key | Environment | Default | Meaning |\n| --- | --- | --- | --- |\n",
    );
    for key in KEYS {
        let default = key.default.map_or_else(|| "–".to_owned(), |text| format!("`{text}`"));
        writeln!(page, "| `{}` | `{}` | {default} | {} |", key.name, key.environment(), key.help)
            .expect("a string takes any text");
    }
    page.push_str(
        "\nThe host in `X-Forwarded-Host` and `Forwarded` is not trusted, and no key makes it: whoever can send a request can write\n\
         them. A proxy that passes them on as they come would let a client choose a name that the proxy itself never judged. They\n\
         only help to explain a refused signature. Declare names here instead, and have the proxy keep `Host`.\n",
    );
    page
}
