// The transport: play, pause, position and speed of the audio element.

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

    this.audio.controls = false;
    section.querySelector(".transport").hidden = false;
    section.classList.add("ready");

    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    const speed = section.querySelector(".speed");
    speed.addEventListener("change", () => { this.audio.playbackRate = Number(speed.value); });

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
    if (this.audio.paused) this.audio.play();
    else this.audio.pause();
  }

  seek(seconds) {
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.seconds);
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
