// The microphone as the telephone wants it: 8 kHz, int16, 20 ms at a time. Muted, it sends silence.
import { Resampler } from "./resampler.js";

const RATE = 8000;
const FRAME = 160;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, RATE);
    this.muted = false;
    this.begin();
    this.port.onmessage = ({ data }) => { this.muted = data.muted; };
  }

  begin() {
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.peak = 0;
  }

  process([input]) {
    const microphone = input[0] ?? new Float32Array(128); // there is none before its first block
    for (const sample of this.resampler.take(microphone)) this.put(this.muted ? 0 : sample);
    return true;
  }

  put(sample) {
    const bounded = Math.max(-1, Math.min(1, sample));
    this.peak = Math.max(this.peak, Math.abs(bounded));
    this.frame[this.filled] = Math.round(bounded * 32767);
    this.filled += 1;
    if (this.filled < FRAME) return;
    this.port.postMessage({ sound: this.frame.buffer, peak: this.peak }, [this.frame.buffer]);
    this.begin();
  }
}

registerProcessor("capture", Capture);
