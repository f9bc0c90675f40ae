// The transport: play, pause, position and speed of the audio element.
import { recall, remember } from "./memory.js";

export function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export class Player {
  constructor(section) {
    this.audio = section.querySelector("audio");
    this.slider = section.querySelector("input[type=range]");
    this.words = section.dataset;
    this.button = section.querySelector(".play");
    this.now = section.querySelector(".now");
    this.total = section.querySelector(".total");
    this.whole = this.audio.getAttribute("src");
    this.seekers = [];

    this.audio.controls = false;
    section.querySelector(".transport").hidden = false;
    section.classList.add("ready");

    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    this.speed = section.querySelector(".speed");
    this.speed.addEventListener("change", () => this.setSpeed(this.speed.value));
    this.setSpeed(recall("speed") ?? "1");

    for (const name of ["play", "pause", "ended"]) this.audio.addEventListener(name, () => this.showState());
    for (const name of ["loadedmetadata", "durationchange", "seeking", "timeupdate"]) {
      this.audio.addEventListener(name, () => this.showTime());
    }
    const notice = section.querySelector(".notice[role=alert]");
    const tellFailure = () => {
      notice.textContent = this.words.failed;
      notice.hidden = false;
    };
    this.audio.addEventListener("error", tellFailure);
    // It may have failed before this script began.
    if (this.audio.error) tellFailure();
    this.showState();
    this.showTime();
  }

  // Until the audio's own header has arrived, the length that the server knows.
  get seconds() {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : Number(this.slider.max);
  }

  get time() {
    return this.audio.currentTime;
  }

  toggle() {
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  play() {
    // what keeps it from playing is told by its `error` event
    this.audio.play().catch(() => {});
  }

  seek(seconds) {
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.seconds);
    for (const listener of this.seekers) listener();
  }

  onSeek(listener) {
    this.seekers.push(listener);
  }

  setSpeed(speed) {
    if (![...this.speed.options].some((option) => option.value === speed)) return;
    this.speed.value = speed;
    // a new source begins at the default
    this.audio.defaultPlaybackRate = Number(speed);
    this.audio.playbackRate = Number(speed);
    remember("speed", speed);
  }

  // Go on at the same place with personal data silent, or with all of the sound again.
  cover(covered) {
    const { paused, currentTime } = this.audio;
    this.audio.src = covered ? this.words.masked : this.whole;
    this.audio.currentTime = currentTime;
    if (!paused) this.play();
  }

  onTime(listener) {
    for (const name of ["loadedmetadata", "seeking", "timeupdate"]) this.audio.addEventListener(name, listener);
    // `timeupdate` comes four times a second: too seldom for a line that moves.
    const move = () => {
      listener();
      if (!this.audio.paused) requestAnimationFrame(move);
    };
    this.audio.addEventListener("play", () => requestAnimationFrame(move));
  }

  showState() {
    const playing = !this.audio.paused;
    this.button.classList.toggle("playing", playing);
    this.button.setAttribute("aria-label", playing ? this.words.pause : this.words.play);
  }

  showTime() {
    this.slider.max = this.seconds;
    this.slider.value = this.time;
    this.slider.setAttribute("aria-valuetext", `${clock(this.time)} / ${clock(this.seconds)}`);
    this.now.textContent = clock(this.time);
    this.total.textContent = clock(this.seconds);
  }
}
