// The bucket, through the ordinary AWS SDK. Signing is arithmetic on the secret key: nothing is sent from here.
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, GetObjectCommand, ListPartsCommand,
  PutObjectCommand, S3Client, UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const UPLOAD_SECONDS = 5 * 60;
const PART_SECONDS = 60 * 60;
const DOWNLOAD_SECONDS = 60 * 60;
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[^/]+$/;

if (existsSync(".env")) process.loadEnvFile();

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Paste the block that \`larder dev\` prints into a file named .env here.`);
  return value;
}

const bucket = setting("R2_BUCKET");
const storage = new S3Client({
  region: "auto",
  // The one line that says which server this is. Without R2_ENDPOINT it is R2 itself.
  endpoint: process.env.R2_ENDPOINT || `https://${setting("R2_ACCOUNT_ID")}.r2.cloudflarestorage.com`,
  credentials: { accessKeyId: setting("R2_ACCESS_KEY_ID"), secretAccessKey: setting("R2_SECRET_ACCESS_KEY") },
});

/** A new key for a file of this name. The random part keeps uploads apart and keys unguessable. */
export function newKey(fileName) {
  const name = Array.from(fileName.replace(/[/\\\p{Cc}]/gu, "-")).slice(0, 200).join("");
  return `${randomUUID()}-${name}`;
}

/** Whether this application made the key. Nothing else in the bucket is handed out. */
export function isOurs(key) {
  return KEY.test(key);
}

/** A URL that takes one PUT of a file of this type, for five minutes. */
export function uploadUrl(key, fileType) {
  return getSignedUrl(storage, new PutObjectCommand({ Bucket: bucket, Key: key, ContentType: fileType }), {
    expiresIn: UPLOAD_SECONDS,
    // The SDK leaves the content type out of the signature unless it is named here, and then a page could send any type.
    signableHeaders: new Set(["content-type"]),
  });
}

// Each request that a page makes of an upload in parts. Nothing but the key and the upload is said here, so that is all it can reach.
const PART_REQUESTS = {
  create: CreateMultipartUploadCommand,
  part: UploadPartCommand,
  list: ListPartsCommand,
  complete: CompleteMultipartUploadCommand,
  abort: AbortMultipartUploadCommand,
};

/** A URL for one step of an upload in parts, for an hour: `create`, `part`, `list`, `complete` or `abort`. */
export function partsUrl(step, key, { uploadId, partNumber } = {}) {
  const request = new PART_REQUESTS[step]({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumber: partNumber });
  return getSignedUrl(storage, request, { expiresIn: PART_SECONDS });
}

/** A URL that shows the file to whoever has it, for an hour. */
export function downloadUrl(key) {
  return getSignedUrl(storage, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: DOWNLOAD_SECONDS });
}
