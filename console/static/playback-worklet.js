// What comes from the telephone, int16 at 8 kHz, as the loudspeakers want it. A little is kept waiting, so
// that the next piece may be late; what has piled up after a stall is dropped, oldest first.
import { Resampler } from "./resampler.js";

const RATE = 8000;
const KEEP_SECONDS = 0.06;
const MOST_SECONDS = 0.4;
const TELL_SECONDS = 0.02;

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(RATE, sampleRate);
    this.pieces = [];
    this.waiting = 0;
    this.used = 0; // of the first piece
    this.filling = true;
    this.peak = 0;
    this.since = 0;
    this.port.onmessage = ({ data }) => this.take(new Int16Array(data));
  }

  take(sound) {
    const piece = this.resampler.take(Float32Array.from(sound, (sample) => sample / 32768));
    if (piece.length) this.pieces.push(piece);
    this.waiting += piece.length;
    if (this.waiting > MOST_SECONDS * sampleRate) {
      while (this.waiting > 2 * KEEP_SECONDS * sampleRate) this.drop();
    }
  }

  // Leaves out what is left of the first piece.
  drop() {
    this.waiting -= this.pieces.shift().length - this.used;
    this.used = 0;
  }

  next() {
    const sample = this.pieces[0][this.used];
    this.used += 1;
    this.waiting -= 1;
    if (this.used === this.pieces[0].length) this.drop();
    return sample;
  }

  process(_inputs, [output]) {
    const [left] = output;
    if (this.filling) this.filling = this.waiting < KEEP_SECONDS * sampleRate;
    for (let i = 0; !this.filling && i < left.length; i += 1) {
      left[i] = this.next();
      this.peak = Math.max(this.peak, Math.abs(left[i]));
      this.filling = this.waiting === 0;
    }
    for (const channel of output.slice(1)) channel.set(left);
    this.since += left.length;
    if (this.since >= TELL_SECONDS * sampleRate) {
      this.port.postMessage({ peak: this.peak });
      this.peak = this.since = 0;
    }
    return true;
  }
}

registerProcessor("playback", Playback);
