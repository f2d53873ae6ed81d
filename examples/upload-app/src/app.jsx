import { useEffect, useRef, useState } from "react";
import { upload } from "./upload.js";

export function App() {
  // One of: choosing, uploading, done, failed.
  const [state, setState] = useState({ name: "choosing" });
  const [file, setFile] = useState(null);
  const cancel = useRef(null);

  async function start(event) {
    event.preventDefault();
    cancel.current = new AbortController();
    setState({ name: "uploading", sent: 0 });
    try {
      const onProgress = (sent) => setState({ name: "uploading", sent });
      const { url } = await upload(file, { onProgress, signal: cancel.current.signal });
      setState({ name: "done", url });
    } catch (error) {
      setState(error.name === "AbortError" ? { name: "choosing" } : { name: "failed", error });
    }
  }

  function restart() {
    setFile(null);
    setState({ name: "choosing" });
  }

  return (
    <main>
      {state.name === "done" ? (
        <Uploaded file={file} url={state.url} onAgain={restart} />
      ) : (
        <form onSubmit={start}>
          <h1>Upload a file</h1>
          <p className="lead">It goes from this page straight into the bucket. A large one goes better <a href="/large.html">in parts</a>.</p>
          <Picker file={file} disabled={state.name === "uploading"} onPick={(picked) => {
            setFile(picked);
            setState({ name: "choosing" });
          }} />
          {state.name === "failed" && <Failure error={state.error} />}
          {state.name === "uploading" ? (
            <Progress file={file} sent={state.sent} onCancel={() => cancel.current.abort()} />
          ) : (
            <button className="primary" disabled={!file}>{state.name === "failed" ? "Try again" : "Upload"}</button>
          )}
        </form>
      )}
      <p className="hidden" role="status">{announcement(state, file)}</p>
    </main>
  );
}

// The input lies unseen over the whole box: a click, a key and a dropped file all reach it without a line of script.
function Picker({ file, disabled, onPick }) {
  return (
    <label className="picker">
      <span className="name">{file ? file.name : "Choose a file, or drop it here"}</span>
      <span className="detail">{file ? `${size(file.size)} · ${file.type || "unknown type"}` : "Pictures and videos are shown afterwards"}</span>
      <input type="file" disabled={disabled} onChange={(event) => event.target.files[0] && onPick(event.target.files[0])} />
    </label>
  );
}

function Progress({ file, sent, onCancel }) {
  return (
    <div className="progress" {...useFocus()}>
      <label htmlFor="sent">
        <span>{percent(sent, file)} %</span>
        <span className="detail">{size(sent)} of {size(file.size)}</span>
      </label>
      <progress id="sent" max={file.size || 1} value={sent} />
      <button type="button" onClick={onCancel}>Cancel</button>
    </div>
  );
}

function Failure({ error }) {
  return (
    <div className="failure" role="alert" {...useFocus()}>
      <strong>The upload did not work</strong>
      <p>{error.message}</p>
      {error.hint && <p className="hint">{error.hint}</p>}
    </div>
  );
}

function Uploaded({ file, url, onAgain }) {
  return (
    <section>
      <h1 {...useFocus()}>Uploaded</h1>
      <p className="lead">{file.name} · {size(file.size)}</p>
      <Preview file={file} url={url} />
      <div className="actions">
        <a className="primary" href={url} target="_blank" rel="noreferrer">Open the file</a>
        <button type="button" onClick={onAgain}>Upload another</button>
      </div>
      <p className="detail">The link works for an hour, for whoever has it.</p>
    </section>
  );
}

function Preview({ file, url }) {
  const [shown, setShown] = useState(true);
  const media = { src: url, onError: () => setShown(false) };
  const kind = shown ? file.type.split("/")[0] : "";
  if (kind === "image") return <img alt={file.name} {...media} />;
  if (kind === "video") return <video aria-label={file.name} controls {...media} />;
  if (kind === "audio") return <audio aria-label={file.name} controls {...media} />;
  return <p className="no-preview">This browser has no preview for it.</p>;
}

// What had the keyboard's focus is gone when one of these appears, so it goes on there.
function useFocus() {
  const ref = useRef(null);
  useEffect(() => ref.current.focus(), []);
  return { ref, tabIndex: -1 };
}

// For screen readers: the start, each quarter and the end, not every event.
function announcement({ name, sent }, file) {
  if (name === "done") return `${file.name} is uploaded.`;
  if (name !== "uploading") return "";
  const quarters = Math.floor(percent(sent, file) / 25) * 25;
  return quarters ? `${quarters} percent uploaded` : `Uploading ${file.name}`;
}

function percent(sent, file) {
  return file.size ? Math.floor((sent / file.size) * 100) : 100;
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let step = 0;
  let amount = bytes;
  while (amount >= 1024 && step < units.length - 1) {
    amount /= 1024;
    step += 1;
  }
  return `${step && amount < 10 ? amount.toFixed(1) : Math.floor(amount)} ${units[step]}`;
}
