"""Cloudflare's SDK for Python against Larder's REST API: every resource of R2 that it has and the server does, too. Tokens and
temporary credentials belong here as soon as the server makes them."""

import contextlib
import os

import cloudflare

from harness import ACCOUNT, check, fresh

client = cloudflare.Cloudflare(
    api_token=os.environ["CLOUDFLARE_API_TOKEN"], base_url=os.environ["CLOUDFLARE_API_BASE_URL"], max_retries=0
)
buckets = client.r2.buckets
NAME = fresh("sdk")
OF = {"account_id": ACCOUNT}
AT = {**OF, "bucket_name": NAME}


@contextlib.contextmanager
def refused(status, code):
    """Asserts that what is within is refused with that status and number."""
    try:
        yield
    except cloudflare.APIStatusError as error:
        assert (error.status_code, error.body["errors"][0]["code"]) == (status, code), error.body
    else:
        raise AssertionError("it was not refused")


with check("cloudflare_python_buckets"):
    made = buckets.create(**OF, name=NAME, location_hint="weur", storage_class="InfrequentAccess")
    assert (made.name, made.storage_class) == (NAME, "InfrequentAccess"), made
    with refused(409, 10004):
        buckets.create(**OF, name=NAME)
    assert buckets.edit(NAME, **OF, storage_class="Standard").storage_class == "Standard"
    assert buckets.get(NAME, **OF).location == "weur"
    assert [bucket.name for bucket in buckets.list(**OF, name_contains=NAME).buckets] == [NAME]
    with refused(404, 10006):
        buckets.get("no-such-bucket", **OF)

with check("cloudflare_python_cors"):
    buckets.cors.update(NAME, **OF, rules=[{"allowed": {"origins": ["https://app.example.com"], "methods": ["GET"]}}])
    assert buckets.cors.get(NAME, **OF).rules[0].allowed.origins == ["https://app.example.com"]
    buckets.cors.delete(NAME, **OF)
    with refused(404, 10059):
        buckets.cors.get(NAME, **OF)

with check("cloudflare_python_lifecycle_and_locks"):
    rule = {
        "id": "old",
        "enabled": True,
        "conditions": {"prefix": "old/"},
        "delete_objects_transition": {"condition": {"type": "Age", "max_age": 86400}},
    }
    buckets.lifecycle.update(NAME, **OF, rules=[rule])
    assert buckets.lifecycle.get(NAME, **OF).rules[0].delete_objects_transition.condition.max_age == 86400
    lock = {"id": "keep", "enabled": True, "prefix": "kept/", "condition": {"type": "Age", "max_age_seconds": 60}}
    buckets.locks.update(NAME, **OF, rules=[lock])
    assert buckets.locks.get(NAME, **OF).rules[0].condition.max_age_seconds == 60

with check("cloudflare_python_domains"):
    zone = client.zones.list(name="example.com").result[0]
    domain = f"{NAME}.example.com"
    buckets.domains.custom.create(NAME, **OF, domain=domain, zone_id=zone.id, enabled=True, min_tls="1.2")
    changed = buckets.domains.custom.update(domain, **AT, min_tls="1.3")
    assert (changed.min_tls, changed.enabled) == ("1.3", True), changed
    assert buckets.domains.custom.get(domain, **AT).zone_name == "example.com"
    assert len(buckets.domains.custom.list(NAME, **OF).domains) == 1
    assert buckets.domains.custom.delete(domain, **AT).domain == domain
    managed = buckets.domains.managed.update(NAME, **OF, enabled=True)
    assert managed.domain.startswith("pub-") and managed.enabled, managed
    assert buckets.domains.managed.list(NAME, **OF).to_dict() == managed.to_dict()

with check("cloudflare_python_sippy"):
    source = {"provider": "gcs", "bucket": "b", "client_email": "a@example.com", "private_key": "hush"}
    destination = {"provider": "r2", "access_key_id": "B", "secret_access_key": "hush"}
    buckets.sippy.update(NAME, **OF, source=source, destination=destination)
    shown = buckets.sippy.get(NAME, **OF)
    assert shown.source.provider == "gcs" and "hush" not in shown.to_json(), shown
    assert buckets.sippy.delete(NAME, **OF).enabled is False

with check("cloudflare_python_notifications"):
    queue = client.queues.create(**OF, queue_name=fresh("q"))
    notifications = buckets.event_notifications
    notifications.update(queue.queue_id, **AT, rules=[{"actions": ["PutObject"], "prefix": "in/"}])
    with refused(409, 10029):
        notifications.update(queue.queue_id, **AT, rules=[{"actions": ["PutObject"]}])
    assert notifications.get(queue.queue_id, **AT).rules[0].prefix == "in/"
    assert notifications.list(NAME, **OF).queues[0].queue_name == queue.queue_name
    notifications.delete(queue.queue_id, **AT)
    client.queues.delete(queue.queue_id, **OF)

with check("cloudflare_python_objects_and_metrics"):
    key = "folder/a b+ü.txt"
    stored = buckets.objects.upload(key, b"by the SDK", **AT)
    assert (stored.key, stored.size) == (key, "10"), stored
    assert [item.key for item in buckets.objects.list(NAME, **OF)] == [key]
    assert buckets.objects.get(key, **AT).read() == b"by the SDK"
    assert buckets.metrics.list(**OF).standard.published.objects == 1
    buckets.objects.delete(key, **AT)

with check("cloudflare_python_ends"):
    buckets.delete(NAME, **OF)
    with refused(404, 10006):
        buckets.get(NAME, **OF)
