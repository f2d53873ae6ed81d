// The scenario on @aws-sdk/client-s3 v3, the large file through lib-storage.
import {
  CompleteMultipartUploadCommand, CopyObjectCommand, CreateMultipartUploadCommand, DeleteObjectsCommand, GetObjectCommand,
  HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { bucket } from "./harness.mjs";
import { play } from "./scenario.mjs";
import { pathStyle } from "./sdk-v3/client.mjs";

const s3 = pathStyle();
const send = (Command, input) => s3.send(new Command({ Bucket: bucket, ...input }));

await play({
  upload: (Key, Body) => new Upload({ client: s3, params: { Bucket: bucket, Key, Body } }).done(),
  put: (Key, Body) => send(PutObjectCommand, { Key, Body }),
  get: async (Key) => (await send(GetObjectCommand, { Key })).Body,
  size: async (Key) => (await send(HeadObjectCommand, { Key })).ContentLength,
  page: (Prefix, ContinuationToken) => send(ListObjectsV2Command, { Prefix, ContinuationToken }),
  copy: (CopySource, Key) => send(CopyObjectCommand, { CopySource, Key }),
  createUpload: async (Key) => (await send(CreateMultipartUploadCommand, { Key })).UploadId,
  copyPart: async (Key, UploadId, PartNumber, CopySource, CopySourceRange) => {
    const input = { Key, UploadId, PartNumber, CopySource, CopySourceRange };
    return (await send(UploadPartCopyCommand, input)).CopyPartResult.ETag;
  },
  complete: (Key, UploadId, Parts) => send(CompleteMultipartUploadCommand, { Key, UploadId, MultipartUpload: { Parts } }),
  remove: (Objects) => send(DeleteObjectsCommand, { Delete: { Objects, Quiet: true } }),
});
