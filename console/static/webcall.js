// The telephone of the page: microphone and loudspeakers, keys, and the gateway at the other end.
import { clock } from "./player.js";

const KEYS = "0123456789*#";
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const MOST_LINES = 500;
const MOST_UNSENT = 64000; // bytes: two seconds of sound that the network does not take
const FLOOR = -54; // dB of full scale at which a meter begins
// Codes with which the gateway closes a connection that it does not want.
const BAD_TICKET = 4401;
const NO_ROOM = 4503;

// What goes wrong, by the key of the words that tell it.
class Fault extends Error {}

class Telephone {
  constructor(page) {
    this.page = page;
    this.words = JSON.parse(page.dataset.words);
    this.alert = page.querySelector("[role=alert]");
    this.status = page.querySelector("[role=status]");
    this.clock = page.querySelector(".clock");
    this.flow = page.querySelector("[name=flow]");
    this.keys = [...page.querySelectorAll("[data-key]")];
    this.callButton = page.querySelector(".button.call");
    this.hangUpButton = page.querySelector(".hang-up");
    this.muteButton = page.querySelector(".mute");
    this.meters = { microphone: page.querySelector("#microphone"), speaker: page.querySelector("#speaker") };
    this.said = page.querySelector(".said");
    this.empty = page.querySelector(".talk .empty");

    this.callButton.addEventListener("click", () => this.call());
    this.hangUpButton.addEventListener("click", () => this.hangUp());
    this.muteButton.addEventListener("click", () => this.mute(!this.muted));
    for (const key of this.keys) key.addEventListener("click", () => this.press(key.dataset.key));
    document.addEventListener("keydown", (event) => this.typed(event));
    this.show("idle");
  }

  get busy() {
    return !["idle", "ended"].includes(this.state);
  }

  async call() {
    const attempt = (this.attempt = {}); // another one once it is hung up, in whatever state that is
    const over = () => this.attempt !== attempt;
    this.tell("");
    this.lines(0);
    this.clock.textContent = "";
    this.mute(false);
    try {
      this.show("microphone");
      const stream = await microphone();
      if (over()) {
        stop(stream);
        return;
      }
      this.stream = stream;
      this.show("connecting");
      await this.openSound();
      const address = over() || (await this.ticket());
      if (!over()) this.connect(address);
    } catch (fault) {
      if (over()) return;
      if (!(fault instanceof Fault)) console.error(fault);
      this.end(fault instanceof Fault ? fault.message : "sound");
    }
  }

  async openSound() {
    const context = new AudioContext({ latencyHint: "interactive" });
    this.context = context;
    const { capture, playback } = this.page.dataset;
    await Promise.all([capture, playback].map((address) => context.audioWorklet.addModule(address)));
    await context.resume();
    if (context !== this.context) return;
    this.capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    this.playback = new AudioWorkletNode(context, "playback", { numberOfInputs: 0 });
    this.capture.port.onmessage = ({ data }) => this.spoke(data);
    this.playback.port.onmessage = ({ data }) => this.level("speaker", data.peak);
    context.createMediaStreamSource(this.stream).connect(this.capture);
    this.playback.connect(context.destination);
    for (const track of this.stream.getTracks()) {
      track.addEventListener("ended", () => this.tell("no-microphone")); // unplugged
    }
  }

  async ticket() {
    const form = new URLSearchParams({ flow: this.flow?.value ?? "" });
    const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content };
    const asked = { method: "POST", body: form, headers };
    const answer = await fetch(this.page.dataset.ticket, asked).catch(() => null);
    if (!answer?.ok) throw new Fault("ticket");
    return (await answer.json()).address;
  }

  connect(address) {
    const socket = new WebSocket(address);
    let open = false;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { open = true; };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.told(JSON.parse(data));
      else this.playback.port.postMessage(data, [data]);
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.socket) this.end(parting(open, code, reason));
    };
    this.socket = socket;
  }

  spoke({ sound, peak }) {
    this.level("microphone", peak);
    if (this.socket?.readyState === WebSocket.OPEN && this.socket.bufferedAmount < MOST_UNSENT) {
      this.socket.send(sound);
    }
  }

  told(said) {
    if (said.state === "ringing") this.show("ringing");
    if (said.state === "answered") this.show("answered");
    if (said.state === "ended") {
      this.end(said.code ? refusal(said.code) : "");
    }
    if (said.say) this.line("say", said.say);
    if (said.heard) this.line("heard", said.heard, said.answer);
    else if ("heard" in said) this.line("heard unheard", this.words.unheard);
  }

  hangUp() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ hangup: true }));
    this.end("");
  }

  press(key) {
    if (this.state !== "answered") return;
    this.socket.send(JSON.stringify({ key }));
    this.line("key", key);
    const button = this.keys.find((each) => each.dataset.key === key);
    button.classList.add("down");
    setTimeout(() => button.classList.remove("down"), 150);
  }

  mute(on) {
    this.muted = on;
    this.capture?.port.postMessage({ muted: on });
    this.muteButton.setAttribute("aria-pressed", on);
    this.muteButton.textContent = on ? this.words.unmute : this.words.mute;
  }

  typed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    if (!this.busy || event.target.closest("select, input, textarea")) return;
    if (KEYS.includes(event.key)) this.press(event.key);
    else if (event.key.toLowerCase() === "m") this.mute(!this.muted);
    else if (event.key === "Escape") this.hangUp();
    else return;
    event.preventDefault();
  }

  end(fault) {
    const was = this.state;
    const { socket, context, stream } = this;
    this.attempt = this.socket = this.context = this.stream = this.capture = this.playback = null;
    socket?.close();
    stop(stream);
    context?.close();
    this.level("microphone", 0);
    this.level("speaker", 0);
    this.show("ended");
    if (fault) this.tell(fault);
    if (fault && was !== "answered") this.show("idle");
  }

  show(state) {
    const focused = document.activeElement;
    this.state = this.page.dataset.state = state;
    this.status.textContent = this.words[`state.${state}`];
    this.callButton.hidden = this.busy;
    this.hangUpButton.hidden = !this.busy;
    this.muteButton.disabled = !this.busy;
    for (const key of this.keys) key.disabled = state !== "answered";
    if (this.flow) this.flow.disabled = this.busy;
    if (focused === this.callButton && this.busy) this.hangUpButton.focus();
    if (focused === this.hangUpButton && !this.busy) this.callButton.focus();
    if (state === "answered" && !this.ticking) this.begin();
    if (!this.busy) this.ticking = clearInterval(this.ticking);
  }

  begin() {
    const since = performance.now();
    const tick = () => { this.clock.textContent = clock((performance.now() - since) / 1000); };
    this.ticking = setInterval(tick, 1000);
    tick();
  }

  tell(fault) {
    this.alert.textContent = fault ? this.words[`fault.${fault}`] : "";
    this.alert.hidden = !fault;
  }

  level(name, peak) {
    const meter = this.meters[name];
    const level = peak > 0 ? Math.max(0, 1 - (20 * Math.log10(peak)) / FLOOR) : 0;
    meter.value = Math.max(level, meter.value - 0.05); // it falls slowly, to be seen
    if (!this.context) meter.value = 0;
  }

  line(kind, text, answer = "") {
    const last = this.said.lastElementChild;
    if (kind === "key" && last?.className === "key") {
      last.querySelector("p").append(` ${text}`);
    } else {
      const line = document.createElement("li");
      line.className = kind;
      const who = line.appendChild(element("span", "who", this.words[`who.${kind.split(" ")[0]}`]));
      who.append(element("time", "", this.clock.textContent));
      const words = line.appendChild(element("p", "", text));
      if (answer) words.append(" ", element("span", "tag", `→ ${answer}`));
      this.said.append(line);
    }
    this.lines(MOST_LINES);
    this.said.scrollTop = this.said.scrollHeight;
  }

  lines(most) {
    while (this.said.childElementCount > most) this.said.firstElementChild.remove();
    this.empty.hidden = this.said.childElementCount > 0;
  }
}

function element(name, kind, text) {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

async function microphone() {
  if (!navigator.mediaDevices) throw new Fault("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: SOUND });
  } catch (error) {
    const known = { NotAllowedError: "denied", NotFoundError: "no-microphone" };
    throw new Fault(known[error.name] ?? "microphone-busy");
  }
}

// Why a call was not answered, by its SIP status, as the key of a fault.
function refusal(code) {
  return { 404: "not-found", 486: "busy", 600: "busy" }[code] ?? "unavailable";
}

// Why a connection was closed, likewise.
function parting(open, code, reason) {
  if (code === BAD_TICKET) return "refused";
  if (code === NO_ROOM) return reason.startsWith("Busy") ? "busy" : "unavailable";
  if (!open) return "gateway";
  return code === 1000 ? "" : "lost";
}

new Telephone(document.getElementById("webcall"));
