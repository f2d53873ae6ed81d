// Uppy with its S3 plugin: the page talks to the storage itself, step by step, and asks the backend to sign each one.
import Uppy from "@uppy/core";
import AwsS3 from "@uppy/aws-s3";
import Dashboard from "@uppy/dashboard";
import "@uppy/core/css/style.min.css";
import "@uppy/dashboard/css/style.min.css";
import "./style.css";
import { askBackend } from "./upload.js";

const uppy = new Uppy()
  .use(Dashboard, { target: "#uppy", inline: true, width: "100%", height: 320, proudlyDisplayPoweredByUppy: false, theme: "auto" })
  .use(AwsS3, {
    // A part is at least 5 MiB, the last one whatever is left; so a small file is an upload of one part.
    shouldUseMultipart: true,
    generateObjectKey: (file) => file.name,
    signRequest: (request) =>
      askBackend("/parts-url", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(request),
      }),
  });

uppy.on("upload-success", async (file, { body }) => {
  const link = document.createElement("a");
  link.textContent = file.name;
  link.target = "_blank";
  link.href = (await askBackend(`/file/${encodeURIComponent(body.key)}`)).url;
  const entry = document.createElement("li");
  entry.append(link);
  document.querySelector("#uploaded").append(entry);
});
