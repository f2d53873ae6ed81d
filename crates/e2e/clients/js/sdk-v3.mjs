// @aws-sdk/client-s3 v3 and its presigner, both addressing styles. The numbers are the rows of docs/compat.md.
import { hosted, pathStyle } from "./sdk-v3/client.mjs";
import { bucketChecks } from "./sdk-v3/buckets.mjs";
import { checksumChecks } from "./sdk-v3/checksums.mjs";
import { listingChecks } from "./sdk-v3/listing.mjs";
import { objectChecks } from "./sdk-v3/objects.mjs";
import { presignedChecks } from "./sdk-v3/presigned.mjs";
import { presignedLimitChecks } from "./sdk-v3/presigned-limits.mjs";
import { presignedTypeChecks } from "./sdk-v3/presigned-type.mjs";

for (const [style, s3] of Object.entries({ "path style": pathStyle(), "virtual host": hosted() })) {
  await bucketChecks(s3, style);
  await objectChecks(s3, style);
  await listingChecks(s3, style);
  await presignedChecks(s3, style);
}
await checksumChecks();
await presignedTypeChecks();
await presignedLimitChecks();
