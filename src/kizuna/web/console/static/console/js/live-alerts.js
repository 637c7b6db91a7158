// Being called: the number in the tab's title, a short sound when somebody waits who did not wait before, and whether
// alerts reach this browser when the page is not in front.

const title = document.title;
const sound = document.getElementById("sound");
const NAME = "kizuna.live.sound";
let known = new Set();
let audio = null;

try {
  sound.checked = localStorage.getItem(NAME) !== "off";
} catch {
  // storage blocked: on, as it came
}
sound.addEventListener("change", () => {
  try {
    localStorage.setItem(NAME, sound.checked ? "on" : "off");
  } catch {
    // kept for this page only
  }
  if (sound.checked) ring();
});

// What the server knows of browsers is not all: this one may have been told to show nothing.
const link = document.getElementById("alerts-link");
if (link.dataset.alerts === "on" && globalThis.Notification?.permission === "denied") {
  link.dataset.alerts = "blocked";
  link.querySelector("[data-alerts-words]").textContent = "Alerts are blocked in this browser";
}

/** How many wait for me, before the title. */
export function setBadge(number) {
  document.title = number ? `(${number}) ${title}` : title;
}

/** Ring once for whatever was not known before. */
export function alertAnew(...lists) {
  const all = new Set(lists.flat());
  const anew = [...all].some((each) => !known.has(each));
  known = all;
  if (anew && sound.checked && (document.hidden || !document.hasFocus())) ring();
}

function ring() {
  try {
    audio ??= new AudioContext();
    if (audio.state !== "running") audio.resume();
    for (const [at, pitch] of [[0, 660], [0.14, 880]]) {
      const tone = audio.createOscillator();
      const loud = audio.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, audio.currentTime + at);
      loud.gain.exponentialRampToValueAtTime(0.12, audio.currentTime + at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.22);
      tone.connect(loud).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.25);
    }
  } catch {
    // no sound here
  }
}
