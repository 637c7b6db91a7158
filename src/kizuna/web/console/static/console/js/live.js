// Live updates of one shop. One browser holds one stream, whatever the number of tabs: the tab that holds a web lock
// reads /live/<shop>/events and passes every note to the others through a BroadcastChannel (six connections a host).

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;

/**
 * Follow the live notes of a shop.
 * @param {string} url address of the stream
 * @param {{[name: string]: (body: any) => void}} onNote what to do per event name
 * @param {(state: "on"|"off") => void} [onState] told when the stream opens or breaks
 * @returns {() => void} stop
 */
export function follow(url, onNote, onState = () => {}) {
  const stop = new AbortController();
  const channel = new BroadcastChannel(`kizuna ${url}`);
  let state = ""; // of the stream, where this tab holds it
  const take = (note) => {
    if (note.state) onState(note.state);
    else onNote[note.name]?.(note.body);
  };
  channel.onmessage = ({ data }) => {
    if (!data.asks) take(data);
    else if (state) channel.postMessage({ state });
  };
  const spread = (note) => {
    state = note.state ?? state;
    take(note);
    channel.postMessage(note);
  };
  const lead = () => readForEver(url, spread, stop.signal);
  if (navigator.locks) {
    navigator.locks.request(`kizuna ${url}`, { signal: stop.signal }, lead).catch(() => {});
    channel.postMessage({ asks: true }); // another tab may hold the stream; it says how that stands
  } else lead();
  addEventListener("pagehide", () => stop.abort(), { once: true });
  stop.signal.addEventListener("abort", () => channel.close());
  return () => stop.abort();
}

/** Read a stream until it is stopped, coming back by itself with growing pauses; each note, and on or off, goes to `spread`. */
export async function readForEver(url, spread, signal) {
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      const response = await fetch(url, { headers: { Accept: "text/event-stream" }, signal, cache: "no-store" });
      if (response.status === 401 || response.status === 403 || response.status === 404) return spread({ state: "off" });
      if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
      spread({ state: "on" });
      await readNotes(response.body, (note) => {
        wait = FIRST_WAIT_MS;
        spread(note);
      });
    } catch {
      // broken stream: fall through to the wait below
    }
    if (signal.aborted) return undefined;
    spread({ state: "off" });
    await new Promise((done) => setTimeout(done, wait * (0.75 + Math.random() / 2)));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
  return undefined;
}

async function readNotes(body, onNote) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value.replaceAll("\r\n", "\n");
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const note = parseNote(block);
      if (note) onNote(note);
    }
  }
}

function parseNote(block) {
  let name = "message";
  const text = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) text.push(line.slice(5).trimStart());
  }
  if (!text.length) return null;
  try {
    return { name, body: JSON.parse(text.join("\n")) };
  } catch {
    return null; // a line that is no JSON is no note
  }
}

/** Write the state of the stream into every element with data-live-state. */
export function showState(state) {
  for (const place of document.querySelectorAll("[data-live-state]")) {
    place.dataset.state = state;
    place.textContent = state === "on" ? "Live" : "Reconnecting …";
  }
}
