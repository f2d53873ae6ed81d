// Clients of the third SDK as the scripts use them, and a look at what they send.
import { S3Client } from "@aws-sdk/client-s3";
import { accessKeyId, accountEndpoint, agent, endpoint, region, secretAccessKey } from "../harness.mjs";

const common = {
  region,
  credentials: { accessKeyId, secretAccessKey },
  requestHandler: { httpAgent: agent },
  maxAttempts: 1,
};

/** Addresses buckets by path, as it does by itself for an endpoint that is an IP address. */
export const pathStyle = (options) => new S3Client({ ...common, endpoint: endpoint.origin, forcePathStyle: true, ...options });

/** Addresses buckets by host name, below the account's own. */
export const hosted = (options) => new S3Client({ ...common, endpoint: accountEndpoint, ...options });

/** Sends the command and returns its output with the headers that went out, as `sent`. */
export async function sendSeen(s3, command) {
  let sent;
  command.middlewareStack.add(
    (next) => (args) => {
      sent = args.request.headers;
      return next(args);
    },
    { step: "finalizeRequest", priority: "low", name: "see" },
  );
  return { ...(await s3.send(command)), sent };
}

/** For `assert.rejects`: a refusal with that code and status. */
export const refusal = (name, status) => (error) => error.name === name && error.$metadata?.httpStatusCode === status;

/** The object's bytes as text. */
export const textOf = ({ Body }) => Body.transformToString();
