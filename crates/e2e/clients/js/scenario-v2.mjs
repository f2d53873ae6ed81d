// The scenario on aws-sdk v2, the large file through its ManagedUpload.
import { accessKeyId, agent, bucket, endpoint, secretAccessKey } from "./harness.mjs";
import { play } from "./scenario.mjs";

// Read when the module loads; its end-of-support notice is known.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const { default: AWS } = await import("aws-sdk");

const s3 = new AWS.S3({
  accessKeyId, secretAccessKey, signatureVersion: "v4", httpOptions: { agent }, maxRetries: 0,
  endpoint: endpoint.origin, s3ForcePathStyle: true,
});
const send = (operation, input) => s3[operation]({ Bucket: bucket, ...input }).promise();

await play({
  upload: (Key, Body) => send("upload", { Key, Body }),
  put: (Key, Body) => send("putObject", { Key, Body }),
  get: async (Key) => s3.getObject({ Bucket: bucket, Key }).createReadStream(),
  size: async (Key) => (await send("headObject", { Key })).ContentLength,
  page: (Prefix, ContinuationToken) => send("listObjectsV2", { Prefix, ContinuationToken }),
  copy: (CopySource, Key) => send("copyObject", { CopySource, Key }),
  createUpload: async (Key) => (await send("createMultipartUpload", { Key })).UploadId,
  copyPart: async (Key, UploadId, PartNumber, CopySource, CopySourceRange) => {
    const input = { Key, UploadId, PartNumber, CopySource, CopySourceRange };
    return (await send("uploadPartCopy", input)).CopyPartResult.ETag;
  },
  complete: (Key, UploadId, Parts) => send("completeMultipartUpload", { Key, UploadId, MultipartUpload: { Parts } }),
  remove: (Objects) => send("deleteObjects", { Delete: { Objects, Quiet: true } }),
});
