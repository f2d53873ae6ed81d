// What the page does with files: ask the backend for a URL, then talk to the storage itself.

/** A failure in words for the visitor; `hint` says what to do about it, when that is known. */
export class UploadError extends Error {
  constructor(message, hint = "") {
    super(message);
    this.hint = hint;
  }
}

/** Uploads the file and returns where it can be seen. `onProgress` gets the bytes sent so far. */
export async function upload(file, { onProgress, signal }) {
  // A browser that does not know a file's type has none for it; the signature needs one.
  const fileType = file.type || "application/octet-stream";
  const { url, key } = await askBackend("/pre-signed-url", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ fileName: file.name, fileType, fileSize: file.size }),
    signal,
  });
  await put(url, file, { fileType, onProgress, signal });
  return askBackend(`/file/${encodeURIComponent(key)}`, { signal });
}

/** Asks a route of the backend and returns its answer. */
export async function askBackend(path, options) {
  const response = await fetch(path, options).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new UploadError("The page cannot reach its own server.", "Is it still running?");
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new UploadError(answer.error ?? `The page's server answered ${response.status}.`);
  return answer;
}

// fetch() tells nothing about an upload on its way, so this is an XMLHttpRequest.
function put(url, file, { fileType, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => (request.status >= 200 && request.status < 300 ? resolve() : reject(refusal(request)));
    request.onerror = () => reject(unreachable(url));
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.open("PUT", url);
    request.setRequestHeader("Content-Type", fileType);
    request.send(file);
  });
}

// S3 explains a refusal in XML. Larder adds a Hint in plain words.
function refusal({ status, responseText }) {
  const xml = new DOMParser().parseFromString(responseText, "application/xml");
  const text = (name) => xml.querySelector(`Error > ${name}`)?.textContent ?? "";
  const code = text("Code");
  return new UploadError(text("Message") || `The storage answered ${status}.`, text("Hint") || (code && `${status} ${code}`));
}

// A browser gives no reason here, for safety's sake. These are the two that matter.
function unreachable(url) {
  return new UploadError(
    "The storage could not be reached, or it did not let this page in.",
    `Is ${new URL(url).host} running, and does the bucket's CORS policy allow ${window.location.origin}?`,
  );
}
